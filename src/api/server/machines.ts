import type { MachineRegistry } from '../../fleet/registry.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import type { Handlers } from './mount.ts';

type MachineRoutes = Pick<AdminRoutes, 'listMachines' | 'getMachine' | 'changeMachine' | 'removeMachine'>;

export const machineHandlers = (machines: MachineRegistry): Handlers<MachineRoutes> => ({
  listMachines: () => machines.list(),
  getMachine: ({ params }) => machines.find(params.machine),
  changeMachine: ({ params, body }) => machines.change(params.machine, body),
  async removeMachine({ params }) {
    const { name } = await machines.find(params.machine);
    await machines.remove(params.machine);
    return { removed: name };
  },
});
