import { z } from 'zod';
import { templateNameSchema } from '../../fleet/room.ts';
import { removedSchema } from './named.ts';
import type { Route } from './route.ts';

const templateSchema = z.object({ name: templateNameSchema, text: z.string() });
const params = z.object({ template: templateNameSchema });

export const templateRoutes = {
  listTemplates: {
    method: 'get',
    path: '/templates',
    summary: "Templates of Windows' answer file, by name",
    response: z.array(templateNameSchema),
  },
  getTemplate: {
    method: 'get',
    path: '/templates/:template',
    summary: 'A template with its text',
    params,
    response: templateSchema,
  },
  addTemplate: {
    method: 'post',
    path: '/templates',
    summary:
      "Take in an unattend.xml with names in it from the appliance's own disk, after a trial; one of the same name is replaced",
    body: z.strictObject({
      name: templateNameSchema,
      path: z.string().max(4096).regex(/^\//, 'an absolute path on the appliance'),
    }),
    response: templateSchema,
  },
  removeTemplate: {
    method: 'delete',
    path: '/templates/:template',
    summary: 'Remove a template',
    params,
    response: removedSchema,
  },
} as const satisfies Record<string, Route>;
