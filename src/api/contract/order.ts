import { z } from 'zod';
import { certificateSchema, removalStatementSchema } from '../../fleet/certificate.ts';
import { diskRoleSchema } from '../../fleet/disk-rule.ts';
import { hostNameSchema } from '../../fleet/machine.ts';
import {
  captureOptionsSchema,
  deployOptionsSchema,
  orderEventSchema,
  orderSchema,
  removalOptionsSchema,
} from '../../fleet/order.ts';
import { orderKindSchema, orderStateSchema } from '../../fleet/order-states.ts';
import { profileRefSchema } from '../../fleet/profile.ts';
import { mostScripts, scriptRefSchema } from '../../fleet/script.ts';
import { manifestSchema } from '../../image/format/manifest.ts';
import { imageParams } from './image.ts';
import { machineParams } from './machine.ts';
import { named } from './named.ts';
import { setValuesSchema } from './profile.ts';
import type { Route } from './route.ts';

const orderParams = z.object({ id: z.coerce.number().int().positive().max(2_147_483_647) });

const form = {
  machine: machineParams.shape.machine,
  role: diskRoleSchema
    .meta({ description: "Which disk of the PC, instead of the image's own role" })
    .optional(),
  diskId: named('The disk: its id, serial number or WWN').optional(),
};

const scripts = (fallback: string) =>
  z.array(scriptRefSchema).max(mostScripts).meta({ description: fallback }).optional();

/** An order without a kind deploys. */
export const orderFormSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('deploy').optional(),
    ...form,
    image: imageParams.shape.image,
    hostName: hostNameSchema.optional(),
    scripts: scripts("Without it the machine's, else its room's"),
    options: deployOptionsSchema.omit({ scripts: true }).default({}),
  }),
  z.strictObject({
    kind: z.literal('capture'),
    ...form,
    image: manifestSchema.shape.name,
    options: captureOptionsSchema.omit({ role: true }).default({}),
  }),
  z.strictObject({
    kind: z.literal('removal'),
    machine: form.machine,
    disks: z
      .union([z.literal('all'), z.array(named('A disk: its id, serial number or WWN')).min(1)])
      .meta({ description: 'Without it the only fixed disk' })
      .optional(),
    method: removalOptionsSchema.shape.method.default('auto'),
    readBack: removalOptionsSchema.shape.readBack.default('whole'),
  }),
  z.strictObject({
    kind: z.literal('install'),
    machine: form.machine,
    profile: profileRefSchema.meta({ description: '`name` (its newest version) or `name@version`' }),
    hostName: hostNameSchema.optional(),
    variables: setValuesSchema.optional(),
    diskId: form.diskId,
    scripts: scripts("Without it the machine's, its room's, else the profile's"),
  }),
]);

export type OrderForm = z.input<typeof orderFormSchema>;

export const orderRoutes = {
  listOrders: {
    method: 'get',
    path: '/orders',
    summary: 'Orders, newest first',
    query: z.object({
      machine: machineParams.shape.machine.optional(),
      kind: z.union([orderKindSchema, z.array(orderKindSchema)]).optional(),
      state: z
        .union([orderStateSchema, z.array(orderStateSchema)])
        .meta({ description: 'May be repeated' })
        .optional(),
    }),
    response: z.array(orderSchema),
  },
  fileOrder: {
    method: 'post',
    path: '/orders',
    summary:
      'File an order for a machine at its next start from the network: write an image, capture its disk, wipe it, or install a system',
    body: orderFormSchema,
    response: orderSchema,
  },
  getOrder: {
    method: 'get',
    path: '/orders/:id',
    summary: 'An order with its evidence',
    params: orderParams,
    response: orderSchema,
  },
  orderEvents: {
    method: 'get',
    path: '/orders/:id/events',
    summary: 'The history of an order',
    params: orderParams,
    response: z.array(orderEventSchema),
  },
  orderLog: {
    method: 'get',
    path: '/orders/:id/log',
    summary: "The last lines of an install's installer, as the appliance has heard them since it was started",
    params: orderParams,
    response: z.object({ lines: z.array(z.string()) }),
  },
  watchOrder: {
    method: 'get',
    path: '/orders/:id/watch',
    summary: 'The order and its events after `after`; waits for one up to `waitSeconds`',
    params: orderParams,
    query: z.object({
      after: z.coerce.number().int().nonnegative().default(0),
      waitSeconds: z.coerce.number().min(0).max(60).default(0),
    }),
    response: z.object({ order: orderSchema, events: z.array(orderEventSchema) }),
  },
  getCertificate: {
    method: 'get',
    path: '/orders/:id/certificate',
    summary: 'The signed certificate of a completed removal',
    params: orderParams,
    response: certificateSchema,
  },
  checkCertificate: {
    method: 'post',
    path: '/certificate-checks',
    summary: 'Whether somebody whom this appliance trusts signed this certificate; what it says',
    body: certificateSchema,
    response: z.object({
      statement: removalStatementSchema,
      /** Whose key signed it. */
      signer: z.string(),
    }),
  },
  cancelOrder: {
    method: 'post',
    path: '/orders/:id/cancel',
    summary: 'Cancel an order that has not ended',
    params: orderParams,
    response: orderSchema,
  },
} as const satisfies Record<string, Route>;
