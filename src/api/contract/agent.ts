/**
 * What the agent and the appliance say to each other, over HTTP on the room's interface. JSON both ways; errors are
 * `{ "error": { "code", "message" } }` with the status of the catalogue. All but `check-in` carry `Authorization: Bearer <session>`.
 *
 * | call | body → answer |
 * | --- | --- |
 * | POST /agent/v1/check-in | CheckIn → CheckedIn |
 * | POST /agent/v1/claim | Claim → 200 Claimed, or 204: no order yet |
 * | GET /agent/v1/indexes/:digest | the `.caibx` bytes |
 * | GET /agent/v1/drivers/:name | the package's description, by its exact bytes |
 * | GET /agent/v1/drivers/:name/files/:digest | a file's bytes |
 * | POST /agent/v1/orders/:id/progress | Progress → OrderStatus |
 * | POST /agent/v1/orders/:id/image | CapturedImage → PublishedImage; its chunks and indexes come first, as delivery/upload-protocol.ts says |
 * | POST /agent/v1/orders/:id/complete | Evidence → OrderStatus; an install is `verifying` then, until the new system reports |
 * | POST /agent/v1/orders/:id/fail | Failure → OrderStatus |
 */
import { z } from 'zod';
import { inventorySchema } from '../../fleet/inventory.ts';
import { hostNameSchema } from '../../fleet/machine.ts';
import {
  captureOrderSchema,
  deployOrderSchema,
  installOptionsSchema,
  installOrderSchema,
  removalOrderSchema,
} from '../../fleet/order.ts';
import { type Evidence, evidenceSchema } from '../../fleet/order-evidence.ts';
import { orderStateSchema } from '../../fleet/order-states.ts';
import { mostScripts, scriptSchema } from '../../fleet/script.ts';
import { stageSchema } from '../../fleet/stages.ts';
import {
  operatingSystemSchema,
  partitionTableSchema,
  sha256Schema,
  volumeSchema,
} from '../../image/format/manifest.ts';

export const checkInSchema = z.object({
  /** The one-time token of the kernel command line (`greif.token=`). */
  token: z.string().min(1).max(128),
  /** Random, made once per start of the agent: a repeated check-in of the same start is no reuse. */
  agentBootId: z.string().min(8).max(64),
  agentVersion: z.string().max(64),
  inventory: inventorySchema,
});
export const checkedInSchema = z.object({
  session: z.string(),
  machine: z.object({ id: z.string(), name: hostNameSchema }),
  /** Progress is wanted at least this often while an order is active. */
  heartbeatSeconds: z.number().positive(),
});

/** Waits up to `waitSeconds` for an order. A repeated claim of the same session answers with the same order. */
export const claimSchema = z.object({ waitSeconds: z.number().min(0).max(30) });
/** A script of the order, signed by the appliance (`signedScript`). */
export const claimedScriptSchema = scriptSchema
  .pick({ name: true, version: true, digest: true, text: true })
  .extend({ signature: z.string().max(128) });

const scripted = {
  /** In the order in which they run. */
  scripts: z.array(claimedScriptSchema).max(mostScripts).default([]),
  /** What scripts are told: the machine's id, and its room's name. */
  machineId: z.string().default(''),
  room: z.string().optional(),
};

export const claimedDeploySchema = z.object({
  kind: z.literal('deploy'),
  ...scripted,
  order: deployOrderSchema.pick({ id: true, image: true, hostName: true, diskId: true, options: true }),
  /** The manifest's exact bytes as text; its SHA-256 is `manifestDigest`. */
  manifest: z.string(),
  manifestDigest: z.string(),
  /** Over these bytes by the appliance's present key (`greif.key=` of the kernel command line), in base64url; an empty one is refused like any wrong one. */
  signature: z.string().default(''),
  /** A `WindowsKit` as JSON, and the same key's signature over these bytes: what the PC gets if the image holds a Windows. */
  windows: z.object({ kit: z.string(), signature: z.string() }).optional(),
});
export const claimedCaptureSchema = z.object({
  kind: z.literal('capture'),
  order: captureOrderSchema.pick({ id: true, image: true, diskId: true, options: true }),
});
export const claimedRemovalSchema = z.object({
  kind: z.literal('removal'),
  order: removalOrderSchema.pick({ id: true, diskId: true, options: true }),
});
/** The installer has ended: what is left to do on the disk that it has written. */
export const claimedInstallSchema = z.object({
  kind: z.literal('install'),
  ...scripted,
  order: installOrderSchema.pick({ id: true, hostName: true, diskId: true }).extend({
    options: installOptionsSchema.pick({ profile: true, system: true, release: true }),
  }),
});
/** The order is an installer's, which the boot desk starts: restart the PC. */
export const claimedRestartSchema = z.object({
  kind: z.literal('restart'),
  order: z.object({ id: z.number().int().positive() }),
});
export const claimedSchema = z.discriminatedUnion('kind', [
  claimedRestartSchema,
  claimedDeploySchema,
  claimedCaptureSchema,
  claimedRemovalSchema,
  claimedInstallSchema,
]);

export const progressSchema = z.object({
  stage: stageSchema,
  doneBytes: z.number().int().nonnegative(),
  totalBytes: z.number().int().nonnegative(),
});
export const failureSchema = z.object({
  code: z.string().max(64),
  message: z.string().max(4096),
  /** The agent's last log lines. */
  log: z.array(z.string().max(1024)).max(50),
});
/** What a capture found, once all its chunks and indexes are with the appliance, which makes the manifest of it. */
export const capturedImageSchema = z.object({
  disk: z.object({
    id: z.string().max(256),
    model: z.string().max(256).optional(),
    serial: z.string().max(256).optional(),
    sizeBytes: z.number().int().positive(),
  }),
  os: operatingSystemSchema.optional(),
  table: partitionTableSchema,
  volumes: z
    .array(
      volumeSchema.pick({
        kind: true,
        partition: true,
        firstByte: true,
        sizeBytes: true,
        fileSystem: true,
        unused: true,
        index: true,
      }),
    )
    .min(1)
    .max(1024),
});
export const publishedImageSchema = z.object({ image: z.string(), manifestDigest: sha256Schema });

export const orderStatusSchema = z.object({ state: orderStateSchema });
export { evidenceSchema };

export type CheckIn = z.infer<typeof checkInSchema>;
export type CheckedIn = z.infer<typeof checkedInSchema>;
export type Claim = z.infer<typeof claimSchema>;
export type Claimed = z.infer<typeof claimedSchema>;
/** What an agent carries out itself. */
export type ClaimedWork = Exclude<Claimed, { kind: 'restart' }>;
export type ClaimedScript = z.infer<typeof claimedScriptSchema>;
export type ClaimedDeploy = z.infer<typeof claimedDeploySchema>;
export type ClaimedCapture = z.infer<typeof claimedCaptureSchema>;
export type ClaimedInstall = z.infer<typeof claimedInstallSchema>;
export type ClaimedRemoval = z.infer<typeof claimedRemovalSchema>;
export type Progress = z.infer<typeof progressSchema>;
export type Failure = z.infer<typeof failureSchema>;
export type CapturedImage = z.infer<typeof capturedImageSchema>;
export type PublishedImage = z.infer<typeof publishedImageSchema>;
export type OrderStatus = z.infer<typeof orderStatusSchema>;
export type { Evidence };
