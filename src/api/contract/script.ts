import { z } from 'zod';
import { scriptNameSchema, scriptRefSchema, scriptSchema } from '../../fleet/script.ts';
import { removedSchema } from './named.ts';
import type { Route } from './route.ts';

const scriptParams = z.object({
  script: scriptRefSchema.meta({ description: 'The script: `name` (its newest version) or `name@version`' }),
});

export const scriptRoutes = {
  listScripts: {
    method: 'get',
    path: '/scripts',
    summary: 'Post-deploy scripts, the newest version of each',
    response: z.array(scriptSchema.omit({ text: true })),
  },
  getScript: {
    method: 'get',
    path: '/scripts/:script',
    summary: 'A script with its text',
    params: scriptParams,
    response: scriptSchema,
  },
  addScript: {
    method: 'post',
    path: '/scripts',
    summary: 'Add a script, or a new version of it; the same text again changes nothing',
    body: z.strictObject({ name: scriptNameSchema, text: scriptSchema.shape.text }),
    response: scriptSchema,
  },
  removeScript: {
    method: 'delete',
    path: '/scripts/:script',
    summary: 'Remove a script with all its versions',
    params: z.object({ script: scriptNameSchema }),
    response: removedSchema,
  },
} as const satisfies Record<string, Route>;
