import { z } from 'zod';
import { diskRoleSchema, diskRuleSchema } from '../../fleet/disk-rule.ts';
import { hostNameSchema, machineSchema } from '../../fleet/machine.ts';
import { loaderSchema, roomNameSchema } from '../../fleet/room.ts';
import { named, removedSchema } from './named.ts';
import type { Route } from './route.ts';

export const machineParams = z.object({ machine: named('The machine: its id, name or a MAC address') });

export const machineRoutes = {
  listMachines: {
    method: 'get',
    path: '/machines',
    summary: 'All machines, by name',
    response: z.array(machineSchema),
  },
  getMachine: {
    method: 'get',
    path: '/machines/:machine',
    summary: 'A machine with its inventory',
    params: machineParams,
    response: machineSchema,
  },
  changeMachine: {
    method: 'patch',
    path: '/machines/:machine',
    summary:
      'Rename a machine, say which disk is which, choose its room, its groups or its loader (null takes a choice back), or take it into service again',
    params: machineParams,
    body: z.strictObject({
      name: hostNameSchema.optional(),
      disks: z
        .record(diskRoleSchema, diskRuleSchema.nullable())
        .meta({ description: 'Which disk is which, by role: a disk or a rule' })
        .optional(),
      room: roomNameSchema.nullable().optional(),
      groups: machineSchema.shape.groups.unwrap().nullable().optional(),
      loader: loaderSchema.nullable().optional(),
      scripts: machineSchema.shape.scripts.unwrap().nullable().optional(),
      decommissionedAt: z.null().optional().meta({ description: 'null takes it into service again' }),
    }),
    response: machineSchema,
  },
  removeMachine: {
    method: 'delete',
    path: '/machines/:machine',
    summary: 'Forget a machine; its orders and their history stay',
    params: machineParams,
    response: removedSchema,
  },
} as const satisfies Record<string, Route>;
