import { z } from 'zod';
import { templateFormats } from '../../answers/template-format.ts';
import { templateNameSchema } from '../../fleet/room.ts';
import { removedSchema } from './named.ts';
import type { Route } from './route.ts';

export { type TemplateFormat, templateFormats } from '../../answers/template-format.ts';

const formatSchema = z.enum(templateFormats);
const entrySchema = z.object({ name: templateNameSchema, format: formatSchema });
const templateSchema = entrySchema.extend({ text: z.string() });
const params = z.object({ template: templateNameSchema });

export const templateRoutes = {
  listTemplates: {
    method: 'get',
    path: '/templates',
    summary: 'Templates of answer files, by name',
    response: z.array(entrySchema),
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
      "Take in an answer file with names in it from the appliance's own disk, after a trial; one of the same name is replaced",
    body: z.strictObject({
      name: templateNameSchema,
      format: formatSchema.default('unattend'),
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
