import { z } from 'zod';
import { hostNameSchema } from '../../fleet/machine.ts';
import {
  profileFormSchema,
  profileNameSchema,
  profileRefSchema,
  savedProfileSchema,
} from '../../fleet/profile.ts';
import { frozenValueSchema, valueSchema, variableNameSchema } from '../../fleet/variables.ts';
import { machineParams } from './machine.ts';
import { removedSchema } from './named.ts';
import type { Route } from './route.ts';

const profileParams = z.object({
  profile: profileRefSchema.meta({
    description: 'The profile: `name` (its newest version) or `name@version`',
  }),
});

export const setValuesSchema = z.record(variableNameSchema, valueSchema);

export const profileRoutes = {
  listProfiles: {
    method: 'get',
    path: '/profiles',
    summary: 'Install profiles, the newest version of each',
    response: z.array(savedProfileSchema),
  },
  getProfile: {
    method: 'get',
    path: '/profiles/:profile',
    summary: 'A profile, with bullets for the hashes of passwords',
    params: profileParams,
    response: savedProfileSchema,
  },
  addProfile: {
    method: 'post',
    path: '/profiles',
    summary: 'Add a profile, or a new version of it; the same again changes nothing',
    body: profileFormSchema,
    response: savedProfileSchema,
  },
  removeProfile: {
    method: 'delete',
    path: '/profiles/:profile',
    summary: 'Remove a profile with all its versions',
    params: z.object({ profile: profileNameSchema }),
    response: removedSchema,
  },
  renderProfile: {
    method: 'post',
    path: '/profiles/:profile/render',
    summary:
      'The answer files that a machine would get, with sample addresses and stars for secrets, and where each value comes from',
    params: profileParams,
    body: z.strictObject({
      machine: machineParams.shape.machine,
      hostName: hostNameSchema.optional(),
      variables: setValuesSchema.optional(),
    }),
    response: z.object({
      /** `name@version` */
      profile: z.string(),
      hostName: z.string(),
      files: z.array(z.object({ name: z.string(), contentType: z.string(), text: z.string() })),
      values: z.array(
        z.object({
          name: z.string(),
          value: frozenValueSchema,
          from: z
            .string()
            .meta({ description: '`profile`, `site`, `room:…`, `group:…`, `machine` or `order`' }),
        }),
      ),
    }),
  },
} as const satisfies Record<string, Route>;
