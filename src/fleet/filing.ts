import { type Clock, isoTime } from '../core/clock.ts';
import { GreifError } from '../core/errors.ts';
import { assertComputerName } from './computer-name.ts';
import { namedDisk, systemRole } from './disk-rule.ts';
import type { ImageShelf } from './image-shelf.ts';
import type { InstallRequest, InstallTasks } from './install-filing.ts';
import { decommissioned, type Machine } from './machine.ts';
import { type CaptureOrder, type DeployOrder, type Order, type RemovalOrder, taskText } from './order.ts';
import { isEnded } from './order-states.ts';
import type { NewOrder, OrderStore, RoomStore } from './ports.ts';
import { type DisksToWipe, disksToWipe } from './removal.ts';
import type { Room } from './room.ts';
import type { ScriptRegistry } from './scripts.ts';
import { whereabouts } from './stages.ts';

interface DiskChoice {
  /** A disk's id, serial number or WWN, or a rule. Without it the machine's or its room's choice for the image's role. */
  diskId?: string | undefined;
  /** Instead of the image's own role. */
  role?: string | undefined;
}

export interface DeployRequest extends DiskChoice {
  kind?: 'deploy' | undefined;
  /** `name@version`, `name@channel` or `name`: what it means now is what the order gets. */
  image: string;
  /** Without it the PC keeps its machine's name. */
  hostName?: string | undefined;
  /** Scripts by `name` or `name@version`; without it the machine's, else its room's. */
  scripts?: string[] | undefined;
  options?: Omit<DeployOrder['options'], 'scripts'> | undefined;
}

export interface CaptureRequest extends DiskChoice {
  kind: 'capture';
  /** The image's name, without a version. */
  image: string;
  options: Omit<CaptureOrder['options'], 'role'>;
}

export interface RemovalRequest {
  kind: 'removal';
  disks?: DisksToWipe;
  method: RemovalOrder['options']['method'];
  readBack: RemovalOrder['options']['readBack'];
}

export type OrderRequest = DeployRequest | CaptureRequest | RemovalRequest | InstallRequest;

/** What was asked for, else what the machine says of the role's disk, else its room; without `diskId`: nobody says anything. */
const diskFor = (
  machine: Machine,
  { diskId }: DiskChoice,
  role: string,
  room: Room | undefined,
): { diskId?: string } => {
  const rule = diskId ?? machine.disks?.[role] ?? room?.disks?.[role];
  if (rule !== undefined) return { diskId: namedDisk(machine, rule) };
  if (role === systemRole) return {};
  throw new GreifError(
    'DISK_NOT_FOUND',
    `the image is for the ${role} disk, and nobody has said which of ${machine.name} that is: greif machine set ${machine.name} --disk ${role}=DISK`,
  );
};

/** What is filed; where a channel was asked for, that too. */
const causeText = (order: NewOrder, asked: string | undefined): string => {
  if (order.kind !== 'deploy') return taskText(order);
  return asked?.includes('@') && asked !== order.image
    ? `${order.image} (asked for as ${asked})`
    : order.image;
};

/** Orders as the administrator sees them: filed for a machine, cancelled. */
export interface OrderFiling {
  /** Throws what `InstallTasks` does for an install; else IMAGE_NOT_FOUND, SCRIPT_NOT_FOUND, HOST_NAME_INVALID, DISK_NOT_FOUND, DISK_AMBIGUOUS, DISK_UNSUITABLE, MACHINE_DECOMMISSIONED, ORDER_CONFLICT. */
  file(machine: Machine, request: OrderRequest, actor: string): Promise<Order>;
  /** A cancelled order stays so; any other ended one throws ORDER_CONFLICT. */
  cancel(id: number, actor: string): Promise<Order>;
}

export const createOrderFiling = (parts: {
  orders: OrderStore;
  images: ImageShelf;
  rooms: Pick<RoomStore, 'list'>;
  scripts: Pick<ScriptRegistry, 'resolve'>;
  installs: InstallTasks;
  clock: Clock;
}): OrderFiling => {
  const { orders, images, rooms, scripts, installs, clock } = parts;
  const now = () => isoTime(clock());

  const roomOf = async ({ room }: Machine): Promise<Room | undefined> =>
    (await rooms.list()).find(({ name }) => name === room);

  /** What the order asks for, by its kind, and of which disk. */
  const taskOf = async (machine: Machine, request: OrderRequest) => {
    if (request.kind === 'removal') {
      const { kind, method, readBack } = request;
      return { kind, options: { disks: disksToWipe(machine, request.disks), method, readBack } };
    }
    if (request.kind === 'install') return installs(machine, request, await roomOf(machine));
    if (request.kind === 'capture') {
      const { kind, image, role } = request;
      const disk = diskFor(machine, request, role ?? systemRole, await roomOf(machine));
      return { kind, image, ...disk, options: { ...request.options, ...(role && { role }) } };
    }
    const {
      ref: image,
      digest: manifestDigest,
      system,
      role = systemRole,
    } = await images.find(request.image);
    const room = await roomOf(machine);
    const disk = diskFor(machine, request, request.role ?? role, room);
    const hostName = request.hostName ?? machine.name;
    if (system === 'windows') assertComputerName(hostName);
    const resolved = await scripts.resolve(request.scripts ?? machine.scripts ?? room?.scripts ?? []);
    const options = { ...request.options, ...(resolved.length > 0 && { scripts: resolved }) };
    return { kind: 'deploy' as const, image, manifestDigest, ...disk, hostName, options };
  };

  return {
    async file(machine, request, actor) {
      if (machine.decommissionedAt !== undefined) throw decommissioned(machine);
      const order: NewOrder = {
        machineId: machine.id,
        ...(await taskOf(machine, request)),
        filedAt: now(),
        filedBy: actor,
      };
      const cause = `${causeText(order, 'image' in request ? request.image : undefined)} for ${machine.name}`;
      return orders.file(order, { at: order.filedAt, actor, cause });
    },
    async cancel(id, actor) {
      const order = await orders.get(id);
      if (!order)
        throw new GreifError('ORDER_NOT_FOUND', `there is no order ${id}: greif order list shows them all`);
      if (order.state === 'cancelled') return order;
      if (isEnded(order.state))
        throw new GreifError(
          'ORDER_CONFLICT',
          `order ${id} is ${order.state} and can no longer be cancelled`,
        );
      const message = `cancelled by ${actor} ${whereabouts(order)}`;
      const patch = { endedAt: now(), reason: { code: 'ORDER_CANCELLED', message } };
      return orders.transition(id, 'cancelled', { at: now(), actor, cause: message }, patch);
    },
  };
};
