import { z } from 'zod';
import { GreifError } from '../core/errors.ts';
import { hostNameSchema } from './machine.ts';

/** Which state may follow which: the only place that says so. */
export const orderTransitions = {
  filed: ['claimed', 'cancelled'],
  claimed: ['writing', 'failed', 'cancelled'],
  writing: ['verifying', 'failed', 'cancelled'],
  verifying: ['finishing', 'failed', 'cancelled'],
  finishing: ['completed', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;

export type OrderState = keyof typeof orderTransitions;
export const orderStates = Object.keys(orderTransitions) as [OrderState, ...OrderState[]];
export const orderStateSchema = z.enum(orderStates);

/** States in which an agent holds the order and must be heard of. */
export const activeStates = [
  'claimed',
  'writing',
  'verifying',
  'finishing',
] as const satisfies readonly OrderState[];
export const isActive = (state: OrderState): boolean =>
  (activeStates as readonly OrderState[]).includes(state);
export const isEnded = (state: OrderState): boolean => orderTransitions[state].length === 0;

/** Throws ORDER_TRANSITION unless `to` may follow `from`. */
export const assertTransition = (from: OrderState, to: OrderState): void => {
  if (!(orderTransitions[from] as readonly OrderState[]).includes(to))
    throw new GreifError('ORDER_TRANSITION', `an order that is ${from} cannot become ${to}`);
};

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.number().int().nonnegative();

/** What a volume's bytes hashed to, read from the disk itself and not from the page cache. */
export const volumeProofSchema = z.object({
  kind: z.enum(['head', 'partition', 'gap']),
  partition: z.number().int().positive().optional(),
  /** Where the volume lies on the target disk. */
  firstByte: bytes,
  sizeBytes: bytes,
  /** SHA-256 over the SHA-256 of each chunk (index order) right after writing; equals the manifest's `digest`. */
  readBack: sha256,
  /** The same once more at hand-over, after growing and personalising; equals `readBack` where nothing was changed. */
  handover: sha256,
});

/** The proof with which an agent closes an order. */
export const evidenceSchema = z.object({
  agentVersion: z.string().max(64),
  manifestDigest: sha256,
  disk: z.object({
    id: z.string().max(256),
    serial: z.string().max(256).optional(),
    wwn: z.string().max(256).optional(),
    model: z.string().max(256).optional(),
    sizeBytes: bytes,
  }),
  volumes: z.array(volumeProofSchema).min(1),
  /** Bytes received over the network, bytes of data written, bytes of zeros made, bytes read back. */
  fetchedBytes: bytes,
  writtenBytes: bytes,
  zeroedBytes: bytes,
  readBackBytes: bytes,
  durationMs: bytes,
  /** What was done after the image: `grow`, `host-name`, `machine-id`, `boot-entry`, … */
  steps: z.array(
    z.object({
      name: z.string().max(64),
      outcome: z.enum(['done', 'skipped']),
      detail: z.string().max(1024),
    }),
  ),
});

export const orderSchema = z.object({
  id: z.number().int().positive(),
  machineId: z.string(),
  /** `name@version`, always resolved. */
  image: z.string(),
  manifestDigest: sha256,
  hostName: hostNameSchema,
  /** The disk asked for (`Disk.id`); without it the only fitting disk is taken, or none. */
  diskId: z.string().optional(),
  state: orderStateSchema,
  /** The power-on (boot session) that claimed it. */
  bootId: z.string().optional(),
  /** How far the present state is. */
  progress: z.object({ doneBytes: bytes, totalBytes: bytes }).optional(),
  /** Why it failed or was cancelled: a code of the catalogue and a sentence. */
  reason: z.object({ code: z.string(), message: z.string() }).optional(),
  evidence: evidenceSchema.optional(),
  filedAt: z.iso.datetime(),
  filedBy: z.string(),
  claimedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  lastHeardAt: z.iso.datetime().optional(),
  /** When the appliance first sent this PC to its own disk after the order was completed. */
  bootedFromDiskAt: z.iso.datetime().optional(),
});

/** A line of an order's history. Never changed, never deleted. */
export const orderEventSchema = z.object({
  id: z.number().int().positive(),
  orderId: z.number().int().positive(),
  at: z.iso.datetime(),
  /** `admin`, `agent:<machine>`, `appliance`. */
  actor: z.string(),
  from: orderStateSchema.optional(),
  /** The state entered; without it the event is a note. */
  to: orderStateSchema.optional(),
  cause: z.string(),
  /** The id that runs through boot, agent and order in the log. */
  bootId: z.string().optional(),
});

export type Evidence = z.infer<typeof evidenceSchema>;
export type VolumeProof = z.infer<typeof volumeProofSchema>;
export type Order = z.infer<typeof orderSchema>;
export type OrderEvent = z.infer<typeof orderEventSchema>;
