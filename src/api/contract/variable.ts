import { z } from 'zod';
import { groupNameSchema, roomNameSchema } from '../../fleet/room.ts';
import { frozenValueSchema, scopes, valueSchema, variableNameSchema } from '../../fleet/variables.ts';
import { named } from './named.ts';
import type { Route } from './route.ts';

const placeValuesSchema = z.object({
  scope: z.enum(scopes),
  /** A room's or group's name, a machine's id; empty for the site. */
  owner: z.string(),
  values: z.record(variableNameSchema, frozenValueSchema),
});

const change = z.strictObject({
  values: z
    .record(variableNameSchema, valueSchema.nullable())
    .meta({ description: 'null, or an empty text, takes a value back' }),
});

export const variableRoutes = {
  listVariables: {
    method: 'get',
    path: '/variables',
    summary:
      'Values for variables of profiles by the place where they are set; of secrets only that they are',
    query: z.object({ scope: z.enum(['site', 'room', 'group', 'machine']).optional() }),
    response: z.array(placeValuesSchema),
  },
  changeSiteVariables: {
    method: 'patch',
    path: '/variables/site',
    summary: 'Set values for every PC',
    body: change,
    response: placeValuesSchema,
  },
  changeRoomVariables: {
    method: 'patch',
    path: '/variables/rooms/:room',
    summary: 'Set values for the PCs of a room',
    params: z.object({ room: roomNameSchema }),
    body: change,
    response: placeValuesSchema,
  },
  changeGroupVariables: {
    method: 'patch',
    path: '/variables/groups/:group',
    summary: 'Set values for the PCs of a group',
    params: z.object({ group: groupNameSchema }),
    body: change,
    response: placeValuesSchema,
  },
  changeMachineVariables: {
    method: 'patch',
    path: '/variables/machines/:machine',
    summary: 'Set values for one PC',
    params: z.object({ machine: named('The machine: its id, name or a MAC address') }),
    body: change,
    response: placeValuesSchema,
  },
  listGroups: {
    method: 'get',
    path: '/groups',
    summary: 'The groups that machines are in or that something is set for, by name',
    response: z.array(z.object({ name: z.string(), machines: z.number().int().nonnegative() })),
  },
  rotateSecretKey: {
    method: 'post',
    path: '/secret-key-rotation',
    summary: 'Make a new key, encrypt all profiles and values with it, and forget the former one',
    response: z.object({ key: z.string().meta({ description: "The new key's id" }) }),
  },
} as const satisfies Record<string, Route>;
