import type { FleetDesk } from '../../fleet/desk.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import type { Handlers } from './mount.ts';

type VariableRoutes = Pick<
  AdminRoutes,
  | 'listVariables'
  | 'changeSiteVariables'
  | 'changeRoomVariables'
  | 'changeGroupVariables'
  | 'changeMachineVariables'
  | 'listGroups'
  | 'rotateSecretKey'
>;

export const variableHandlers = (fleet: FleetDesk): Handlers<VariableRoutes> => {
  const { variables, machines } = fleet;
  return {
    listVariables: ({ query: { scope } }) => variables.list(scope && { scope }),
    changeSiteVariables: ({ body }) => variables.change({ scope: 'site', owner: '' }, body.values),
    changeRoomVariables: ({ params, body }) =>
      variables.change({ scope: 'room', owner: params.room }, body.values),
    changeGroupVariables: ({ params, body }) =>
      variables.change({ scope: 'group', owner: params.group }, body.values),
    async changeMachineVariables({ params, body }) {
      const { id } = await machines.find(params.machine);
      return variables.change({ scope: 'machine', owner: id }, body.values);
    },
    async listGroups() {
      const named = (await machines.list()).flatMap(({ groups = [] }) => groups);
      const valued = (await variables.list({ scope: 'group' })).map(({ owner }) => owner);
      return [...new Set([...named, ...valued])].sort().map((name) => ({
        name,
        machines: named.filter((one) => one === name).length,
      }));
    },
    async rotateSecretKey(_input, { log }) {
      const key = await fleet.rotateSecretKey();
      log.info('the key of secrets is rotated', { key });
      return { key };
    },
  };
};
