import { type Clock, isoTime } from '../core/clock.ts';
import { GreifError } from '../core/errors.ts';
import type { ImageShelf } from './image-shelf.ts';
import type { Machine } from './machine.ts';
import { type CaptureOrder, type DeployOrder, type Order, type RemovalOrder, taskText } from './order.ts';
import { isEnded } from './order-states.ts';
import type { NewOrder, OrderStore } from './ports.ts';
import { whereabouts } from './stages.ts';

interface DiskChoice {
  /** Without it the machine's own choice, if it has one. A disk's id, serial number or WWN. */
  diskId?: string | undefined;
}

export interface DeployRequest extends DiskChoice {
  kind?: 'deploy' | undefined;
  /** `name`, for its latest version, or `name@version`. */
  image: string;
  /** Without it the PC keeps its machine's name. */
  hostName?: string | undefined;
  options?: DeployOrder['options'] | undefined;
}

export interface CaptureRequest extends DiskChoice {
  kind: 'capture';
  /** The image's name, without a version. */
  image: string;
  options: CaptureOrder['options'];
}

export interface RemovalRequest extends DiskChoice {
  kind: 'removal';
  options: RemovalOrder['options'];
}

export type OrderRequest = DeployRequest | CaptureRequest | RemovalRequest;

/** The disk's stable id for whatever name of it was given. Throws DISK_NOT_FOUND, DISK_AMBIGUOUS. */
export const namedDisk = ({ name, inventory: { disks } }: Machine, asked: string): string => {
  const fits = disks.filter(({ id, serial, wwn }) => [id, serial, wwn].includes(asked));
  const [disk] = fits;
  const known = disks.map(({ id }) => id).join(', ') || 'none';
  if (!disk) throw new GreifError('DISK_NOT_FOUND', `${name} has no disk ${asked}; its disks are: ${known}`);
  if (fits.length > 1)
    throw new GreifError('DISK_AMBIGUOUS', `${name} has ${fits.length} disks ${asked}: name one of ${known}`);
  return disk.id;
};

/** Orders as the administrator sees them: filed for a machine, cancelled. */
export interface OrderFiling {
  /** Throws IMAGE_NOT_FOUND, DISK_NOT_FOUND, DISK_AMBIGUOUS, ORDER_CONFLICT. */
  file(machine: Machine, request: OrderRequest, actor: string): Promise<Order>;
  /** A cancelled order stays so; any other ended one throws ORDER_CONFLICT. */
  cancel(id: number, actor: string): Promise<Order>;
}

export const createOrderFiling = (parts: {
  orders: OrderStore;
  images: ImageShelf;
  clock: Clock;
}): OrderFiling => {
  const { orders, images, clock } = parts;
  const now = () => isoTime(clock());

  /** What the order asks for, by its kind. */
  const taskOf = async (machine: Machine, request: OrderRequest) => {
    if (request.kind === 'removal') return { kind: request.kind, options: request.options };
    if (request.kind === 'capture') {
      const { kind, image, options } = request;
      return { kind, image, options };
    }
    const { ref: image, digest: manifestDigest } = await images.find(request.image);
    const hostName = request.hostName ?? machine.name;
    return { kind: 'deploy' as const, image, manifestDigest, hostName, options: request.options ?? {} };
  };

  return {
    async file(machine, request, actor) {
      const diskId = request.diskId === undefined ? machine.diskId : namedDisk(machine, request.diskId);
      const order: NewOrder = {
        machineId: machine.id,
        ...(await taskOf(machine, request)),
        ...(diskId !== undefined && { diskId }),
        filedAt: now(),
        filedBy: actor,
      };
      const cause = `${order.kind === 'deploy' ? order.image : taskText(order)} for ${machine.name}`;
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
