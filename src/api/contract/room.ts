import { z } from 'zod';
import { diskRoleSchema, diskRuleSchema } from '../../fleet/disk-rule.ts';
import { loaderSchema, roomNameSchema, roomSchema, templateNameSchema } from '../../fleet/room.ts';
import type { Route } from './route.ts';

const roomSummarySchema = roomSchema.extend({ machines: z.number().int().nonnegative() });

export const roomRoutes = {
  listRooms: {
    method: 'get',
    path: '/rooms',
    summary: 'The rooms that machines are in or that something is set for, by name',
    response: z.array(roomSummarySchema),
  },
  changeRoom: {
    method: 'patch',
    path: '/rooms/:room',
    summary:
      "Choose what starts the PCs of a room, whether iPXE shows a menu, the template of Windows' answer file, and which scripts run after a deploy (null takes a choice back)",
    params: z.object({ room: roomNameSchema }),
    body: z.strictObject({
      loader: loaderSchema.nullable().optional(),
      menu: z.boolean().nullable().optional(),
      unattend: templateNameSchema.nullable().optional(),
      scripts: roomSchema.shape.scripts.unwrap().nullable().optional(),
      disks: z
        .record(diskRoleSchema, diskRuleSchema.nullable())
        .meta({ description: 'Which disk of its PCs is which, by role: a rule' })
        .optional(),
    }),
    response: roomSummarySchema,
  },
} as const satisfies Record<string, Route>;
