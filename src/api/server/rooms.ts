import type { RoomRegistry } from '../../fleet/rooms.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import type { Handlers } from './mount.ts';

type RoomRoutes = Pick<AdminRoutes, 'listRooms' | 'changeRoom'>;

export const roomHandlers = (rooms: RoomRegistry): Handlers<RoomRoutes> => ({
  listRooms: () => rooms.list(),
  changeRoom: ({ params, body }) => rooms.change(params.room, body),
});
