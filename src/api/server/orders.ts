import { GreifError } from '../../core/errors.ts';
import type { FleetDesk } from '../../fleet/desk.ts';
import type { DeployRequest } from '../../fleet/filing.ts';
import type { Order, OrderEvent } from '../../fleet/order.ts';
import { orderKey } from '../../fleet/signal.ts';
import type { InstallLogs } from '../../installs/install-logs.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import { type CertificateKeys, checkCertificate } from './certificates.ts';
import type { Handlers } from './mount.ts';
import type { WindowsKits } from './windows-kits.ts';

type OrderRoutes = Pick<
  AdminRoutes,
  | 'listOrders'
  | 'fileOrder'
  | 'getOrder'
  | 'orderEvents'
  | 'orderLog'
  | 'watchOrder'
  | 'getCertificate'
  | 'checkCertificate'
  | 'cancelOrder'
>;

/** Until there are accounts, whoever calls is the administrator. */
const actor = 'admin';

export const orderHandlers = (
  fleet: FleetDesk,
  keys: CertificateKeys,
  kits: WindowsKits,
  installLogs: Pick<InstallLogs, 'tail'>,
): Handlers<OrderRoutes> => {
  const { orders, signal, machines } = fleet;

  const mustGet = async (id: number): Promise<Order> => {
    const order = await orders.get(id);
    if (order) return order;
    throw new GreifError('ORDER_NOT_FOUND', `there is no order ${id}: greif order list shows them all`);
  };

  const newEvents = async (id: number, after: number): Promise<OrderEvent[]> =>
    (await orders.events(id)).filter((event) => event.id > after);

  /** What the PC will be sent is made once now: a template that fails should do so before the order, and not at night. */
  const rehearse = async (reference: string, request: DeployRequest): Promise<void> => {
    const machine = await machines.find(reference);
    const { image, hostName = machine.name, options = {} } = request;
    await kits.for(machine, { id: 0, image, hostName, options });
  };

  return {
    async listOrders({ query: { machine, kind, state } }) {
      const machineId = machine === undefined ? undefined : (await machines.find(machine)).id;
      return orders.list({
        ...(machineId !== undefined && { machineId }),
        ...(kind !== undefined && { kinds: [kind].flat() }),
        ...(state !== undefined && { states: [state].flat() }),
      });
    },
    async fileOrder({ body: { machine, ...request } }) {
      if (request.kind === undefined || request.kind === 'deploy') await rehearse(machine, request);
      return fleet.fileOrder(machine, request, actor);
    },
    getOrder: ({ params }) => mustGet(params.id),
    async orderEvents({ params }) {
      await mustGet(params.id);
      return orders.events(params.id);
    },
    async orderLog({ params: { id } }) {
      await mustGet(id);
      return { lines: await installLogs.tail(id) };
    },
    async watchOrder({ params: { id }, query: { after, waitSeconds } }, { gone }) {
      const change = signal.next(orderKey(id), waitSeconds * 1000, gone);
      await mustGet(id);
      if ((await newEvents(id, after)).length === 0) await change;
      const events = await newEvents(id, after);
      return { order: await mustGet(id), events };
    },
    async getCertificate({ params: { id } }) {
      const order = await mustGet(id);
      if (order.kind === 'removal' && order.certificate) return order.certificate;
      const what = order.kind === 'removal' ? `a removal that is ${order.state}` : `a ${order.kind} order`;
      throw new GreifError('NO_CERTIFICATE', `order ${id} is ${what}: only a completed removal is certified`);
    },
    checkCertificate: async ({ body }) => checkCertificate(body, keys),
    cancelOrder: ({ params }) => fleet.cancelOrder(params.id, actor),
  };
};
