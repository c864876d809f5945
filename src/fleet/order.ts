import { z } from 'zod';
import { certificateSchema } from './certificate.ts';
import { diskRoleSchema } from './disk-rule.ts';
import { hostNameSchema } from './machine.ts';
import {
  captureEvidenceSchema,
  deployEvidenceSchema,
  diskFactsSchema,
  installEvidenceSchema,
  removalEvidenceSchema,
} from './order-evidence.ts';
import { type OrderKind, orderStateSchema } from './order-states.ts';
import { profileRefSchema, profileSchema } from './profile.ts';
import { templateNameSchema } from './room.ts';
import { mostScripts, orderedScriptSchema } from './script.ts';
import { frozenValueSchema, variableNameSchema } from './variables.ts';
import { setupCommandSchema } from './windows-kit.ts';

const bytes = z.number().int().nonnegative();

/** What every order has, whatever its kind. */
const course = {
  id: z.number().int().positive(),
  machineId: z.string(),
  /** The disk asked for (`Disk.id`); without it the only fitting disk is taken, or none. */
  diskId: z.string().optional(),
  state: orderStateSchema,
  /** The power-on (boot session) that claimed it. */
  bootId: z.string().optional(),
  /** How far the present state is. */
  progress: z.object({ doneBytes: bytes, totalBytes: bytes }).optional(),
  /** Why it failed or was cancelled: a code of the catalogue and a sentence. */
  reason: z.object({ code: z.string(), message: z.string() }).optional(),
  filedAt: z.iso.datetime(),
  filedBy: z.string(),
  claimedAt: z.iso.datetime().optional(),
  endedAt: z.iso.datetime().optional(),
  lastHeardAt: z.iso.datetime().optional(),
  /** When the appliance first sent this PC to its own disk after the order was completed. */
  bootedFromDiskAt: z.iso.datetime().optional(),
};

/** What an administrator may ask for beside the image, stored as one structure. */
export const deployOptionsSchema = z.object({
  /** On a larger disk: `keep` leaves partitions where they are, `fill` moves those behind the largest file system to the end. */
  layout: z.enum(['keep', 'fill']).optional(),
  /** New ids for disk and partitions (GPT GUIDs, MBR signature); file systems keep theirs. */
  newIds: z.boolean().optional(),
  /** Write the whole image, whatever the disk holds already. */
  full: z.boolean().optional(),
  /** The template of Windows' answer file; the room's counts without it, else Greif's own. */
  unattend: templateNameSchema.optional(),
  /** What SetupComplete.cmd does at the end of Windows' setup. */
  setupCommands: z.array(setupCommandSchema).max(32).optional(),
  /** Run on the deployed system, in this order. */
  scripts: z.array(orderedScriptSchema).max(mostScripts).optional(),
});

export const captureOptionsSchema = z.object({
  /** Volumes (`partition 3`) that are taken byte for byte although their content is encrypted, unclean or unknown. */
  raw: z.array(z.string().max(64)).max(128).optional(),
  /** What the disk is there for, and every disk that gets the image. */
  role: diskRoleSchema.optional(),
});

/** How to wipe: the strongest that the disk offers, or one way that is wanted. */
export const wipeMethods = ['auto', 'nvme-format', 'discard', 'overwrite'] as const;
/** How much is read back: every byte, or both ends and a tenth of the disk by chance. */
export const readBackScopes = ['whole', 'sample'] as const;

export const removalOptionsSchema = z.object({
  /** The disks, as they were identified when the order was filed. */
  disks: z.array(diskFactsSchema).min(1).max(256),
  method: z.enum(wipeMethods),
  readBack: z.enum(readBackScopes),
});

export const installOptionsSchema = z.object({
  /** `name@version`, always resolved. */
  profile: profileRefSchema,
  /** What the profile says, so that an order tells it by itself. */
  ...profileSchema.pick({ system: true, release: true, deadlineMinutes: true }).shape,
  /** As they were when the order was filed. Secret values are kept apart, encrypted. */
  variables: z.record(variableNameSchema, frozenValueSchema),
  /** Run on the installed system, in this order. */
  scripts: z.array(orderedScriptSchema).max(mostScripts).optional(),
});

export const deployOrderSchema = z.object({
  kind: z.literal('deploy'),
  ...course,
  /** `name@version`, always resolved. */
  image: z.string(),
  manifestDigest: z.string().regex(/^[0-9a-f]{64}$/),
  hostName: hostNameSchema,
  options: deployOptionsSchema,
  evidence: deployEvidenceSchema.optional(),
});

export const captureOrderSchema = z.object({
  kind: z.literal('capture'),
  ...course,
  /** The image's name; the version is made when it is published, and stands in the evidence. */
  image: z.string(),
  options: captureOptionsSchema,
  evidence: captureEvidenceSchema.optional(),
});

export const removalOrderSchema = z.object({
  kind: z.literal('removal'),
  ...course,
  options: removalOptionsSchema,
  evidence: removalEvidenceSchema.optional(),
  /** Signed when the order was completed. */
  certificate: certificateSchema.optional(),
});

export const installOrderSchema = z.object({
  kind: z.literal('install'),
  ...course,
  hostName: hostNameSchema,
  options: installOptionsSchema,
  evidence: installEvidenceSchema.optional(),
});

export const orderSchema = z.discriminatedUnion('kind', [
  deployOrderSchema,
  captureOrderSchema,
  removalOrderSchema,
  installOrderSchema,
]);

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

export type DeployOrder = z.infer<typeof deployOrderSchema>;
export type CaptureOrder = z.infer<typeof captureOrderSchema>;
export type RemovalOrder = z.infer<typeof removalOrderSchema>;
export type InstallOrder = z.infer<typeof installOrderSchema>;
export type Order = z.infer<typeof orderSchema>;
export type OrderEvent = z.infer<typeof orderEventSchema>;

/** `debian@1 as pc-1`, `capture as debian`, `removal`, `install lab@3 as pc-1`: what an order asks for, in a few words. */
export const taskText = ({ kind, image, hostName, options = {} }: OrderTask): string => {
  switch (kind) {
    case 'deploy':
      return `${image} as ${hostName}`;
    case 'capture':
      return `capture as ${image}`;
    case 'removal':
      return 'removal';
    case 'install':
      return `install ${'profile' in options ? options.profile : ''} as ${hostName}`;
  }
};

interface OrderTask {
  kind: OrderKind;
  image?: string | undefined;
  hostName?: string | undefined;
  options?: object | undefined;
}
