import { z } from 'zod';
import { installerSourceSchema, sourceNameSchema, toldFactsSchema } from '../../sources/source.ts';
import { jobSchema } from './job.ts';
import { removedSchema } from './named.ts';
import type { Route } from './route.ts';

const params = z.object({ source: sourceNameSchema });

export const sourceRoutes = {
  listSources: {
    method: 'get',
    path: '/sources',
    summary: 'Installer sources, by name',
    response: z.array(installerSourceSchema),
  },
  getSource: {
    method: 'get',
    path: '/sources/:source',
    summary: 'An installer source: what system it installs, and what starts it',
    params,
    response: installerSourceSchema,
  },
  importSource: {
    method: 'post',
    path: '/sources',
    summary:
      "Import an ISO, a netboot archive or a folder from the appliance's own disk; one of the same name is replaced at the end",
    body: z.strictObject({
      name: sourceNameSchema,
      path: z
        .string()
        .max(4096)
        .regex(/^\//, 'an absolute path on the appliance')
        .meta({ description: 'An ISO image, a tar archive (plain, .gz or .zst) or a folder' }),
      told: toldFactsSchema.optional(),
    }),
    response: jobSchema,
  },
  removeSource: {
    method: 'delete',
    path: '/sources/:source',
    summary: 'Remove an installer source and its files',
    params,
    response: removedSchema,
  },
} as const satisfies Record<string, Route>;
