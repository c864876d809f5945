import { z } from 'zod';
import { hostNameSchema, machineSchema } from '../../fleet/machine.ts';
import { orderEventSchema, orderSchema, orderStateSchema } from '../../fleet/order.ts';
import { loaderSchema, roomNameSchema, roomSchema } from '../../fleet/room.ts';
import { manifestSchema, sha256Schema } from '../../image/manifest.ts';
import { bootSummarySchema, bootTraceSchema } from './boot.ts';
import { adviceSchema, dialectSchema, interfaceStatusSchema } from './dhcp.ts';
import { jobSchema } from './job.ts';
import { leaseRoutes } from './lease.ts';
import type { Route } from './route.ts';

/** The prefix of every route below. */
export const adminPrefix = '/api/v1';

const bytes = z.number().int().nonnegative();
const name = (what: string) => z.string().min(1).max(256).meta({ description: what });
const machineParams = z.object({ machine: name('The machine: its id, name or a MAC address') });
const imageParams = z.object({ image: name('The image: `name` (its latest version) or `name@version`') });
const orderParams = z.object({ id: z.coerce.number().int().positive().max(2_147_483_647) });
const jobParams = z.object({ id: name('The job') });

export const imageSummarySchema = z.object({
  /** `name@version`. */
  ref: z.string(),
  digest: sha256Schema,
  createdAt: z.iso.datetime(),
  diskSizeBytes: bytes,
  minimumDiskBytes: bytes,
  dataBytes: bytes,
});
const roomSummarySchema = roomSchema.extend({ machines: z.number().int().nonnegative() });
const removedSchema = z.object({ removed: z.string() });

export const orderFormSchema = z.strictObject({
  machine: machineParams.shape.machine,
  image: imageParams.shape.image,
  hostName: hostNameSchema.optional(),
  diskId: name('The disk to write: its id, serial number or WWN').optional(),
});

const machineRoutes = {
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
    summary: 'Rename a machine, choose the disk to image, its room or its loader (null takes a choice back)',
    params: machineParams,
    body: z.strictObject({
      name: hostNameSchema.optional(),
      diskId: name('A disk of the machine: its id, serial number or WWN').nullable().optional(),
      room: roomNameSchema.nullable().optional(),
      loader: loaderSchema.nullable().optional(),
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

const roomRoutes = {
  listRooms: {
    method: 'get',
    path: '/rooms',
    summary: 'The rooms that machines are in or that something is set for, by name',
    response: z.array(roomSummarySchema),
  },
  changeRoom: {
    method: 'patch',
    path: '/rooms/:room',
    summary: 'Choose what starts the PCs of a room, and whether iPXE shows a menu (null takes a choice back)',
    params: z.object({ room: roomNameSchema }),
    body: z.strictObject({
      loader: loaderSchema.nullable().optional(),
      menu: z.boolean().nullable().optional(),
    }),
    response: roomSummarySchema,
  },
} as const satisfies Record<string, Route>;

const imageRoutes = {
  listImages: {
    method: 'get',
    path: '/images',
    summary: 'All images, every version',
    response: z.array(imageSummarySchema),
  },
  getImage: {
    method: 'get',
    path: '/images/:image',
    summary: 'An image with its manifest',
    params: imageParams,
    response: imageSummarySchema.extend({ manifest: manifestSchema }),
  },
  removeImage: {
    method: 'delete',
    path: '/images/:image',
    summary: 'Remove a version of an image, or all of a bare name, and the chunks that no other needs',
    params: imageParams,
    response: removedSchema,
  },
  verifyImage: {
    method: 'post',
    path: '/images/:image/verify',
    summary: 'Read and hash every chunk of an image: a job',
    params: imageParams,
    response: jobSchema,
  },
  importImage: {
    method: 'post',
    path: '/image-imports',
    summary:
      "Import a disk image from a file on the appliance's own disk: a job; repeated, it goes on where it was",
    body: z.strictObject({
      name: manifestSchema.shape.name,
      path: z
        .string()
        .max(4096)
        .regex(/^\//, 'an absolute path on the appliance')
        .meta({ description: 'Raw, qcow2, vmdk or vhdx, optionally in gz, xz or zst' }),
    }),
    response: jobSchema,
  },
  listJobs: {
    method: 'get',
    path: '/jobs',
    summary: 'Imports and checks of images',
    response: z.array(jobSchema),
  },
  getJob: {
    method: 'get',
    path: '/jobs/:id',
    summary: 'How far a job is',
    params: jobParams,
    response: jobSchema,
  },
  cancelJob: {
    method: 'delete',
    path: '/jobs/:id',
    summary: 'Stop a job; an import goes on where it was when it is asked for again',
    params: jobParams,
    response: jobSchema,
  },
} as const satisfies Record<string, Route>;

const orderRoutes = {
  listOrders: {
    method: 'get',
    path: '/orders',
    summary: 'Orders, newest first',
    query: z.object({
      machine: machineParams.shape.machine.optional(),
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
    summary: 'File an order: write an image onto a machine at its next start from the network',
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
  cancelOrder: {
    method: 'post',
    path: '/orders/:id/cancel',
    summary: 'Cancel an order that has not ended',
    params: orderParams,
    response: orderSchema,
  },
} as const satisfies Record<string, Route>;

const pc = name('The PC: a MAC address, or the id or name of a machine');

const bootRoutes = {
  listBoots: {
    method: 'get',
    path: '/boots',
    summary: 'Boots of one PC or of all, newest first, each with its diagnosis',
    query: z.object({
      pc: pc.optional(),
      limit: z.coerce.number().int().min(1).max(500).default(20),
    }),
    response: z.array(bootSummarySchema),
  },
  traceBoot: {
    method: 'get',
    path: '/boots/:pc/:boot',
    summary: 'A boot step by step, and why it went as it did; `waitSeconds` waits for a step after `after`',
    params: z.object({ pc, boot: name('The id of a boot of this PC, or `latest`') }),
    query: z.object({
      after: z.coerce
        .number()
        .int()
        .nonnegative()
        .default(0)
        .meta({ description: 'Only steps after this number' }),
      of: name('The boot that `after` was counted in; all steps of any other are answered').optional(),
      waitSeconds: z.coerce.number().min(0).max(60).default(0),
    }),
    response: bootTraceSchema,
  },
} as const satisfies Record<string, Route>;

const dhcpRoutes = {
  dhcpStatus: {
    method: 'get',
    path: '/dhcp',
    summary: 'The interfaces that PCs are served on, and other DHCP servers on their networks',
    response: z.object({ interfaces: z.array(interfaceStatusSchema) }),
  },
  dhcpAdvice: {
    method: 'get',
    path: '/dhcp/advice',
    summary: 'What a site’s own DHCP server must be told to start PCs from here',
    query: z.object({
      interface: z
        .string()
        .min(1)
        .max(15)
        .meta({ description: 'The one that the PCs see; needed unless exactly one is served' })
        .optional(),
      for: dialectSchema.meta({ description: 'The DHCP server; without it advice for each' }).optional(),
    }),
    response: z.array(adviceSchema),
  },
} as const satisfies Record<string, Route>;

/** The admin API: every operation, once. */
export const adminRoutes = {
  ...machineRoutes,
  ...roomRoutes,
  ...imageRoutes,
  ...orderRoutes,
  ...bootRoutes,
  ...leaseRoutes,
  ...dhcpRoutes,
};

export type AdminRoutes = typeof adminRoutes;
export type ImageSummary = z.infer<typeof imageSummarySchema>;
export type OrderForm = z.infer<typeof orderFormSchema>;
