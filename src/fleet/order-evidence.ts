import { z } from 'zod';
import { mostScripts } from './script.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.number().int().nonnegative();
const text = z.string().max(256);

/** A disk as the evidence names it: its identity, not the kernel's name of the day. */
export const diskFactsSchema = z.object({
  id: text,
  serial: text.optional(),
  wwn: text.optional(),
  model: text.optional(),
  sizeBytes: bytes,
});

/** What a volume's bytes hashed to, read from the disk itself and not from the page cache. */
export const volumeProofSchema = z.object({
  kind: z.enum(['head', 'partition', 'gap']),
  partition: z.number().int().positive().optional(),
  /** Where the volume lies on the target disk. */
  firstByte: bytes,
  /** Its size in the image. */
  sizeBytes: bytes,
  /** Its size on this disk, where it was shrunk. */
  fittedBytes: bytes.optional(),
  /** SHA-256 over the SHA-256 of each chunk (index order) right after writing, unused chunks taken for zeros; equals the manifest's `digest`. Chunks behind the new end of a shrunk volume were proven as they came. */
  readBack: sha256,
  /** The same once more at hand-over, after fitting and personalising, over what is on the disk; equals `readBack` where nothing was changed. */
  handover: sha256,
});

const common = { agentVersion: z.string().max(64), durationMs: bytes };

/** What a script of the order said, and how it ended. */
const scriptRunSchema = z.object({
  name: z.string().max(64),
  version: z.number().int().positive(),
  digest: sha256,
  outcome: z.enum(['done', 'failed', 'timed-out']),
  /** Missing when it was killed. */
  exitStatus: z.number().int().optional(),
  durationMs: bytes,
  /** Standard output and standard error as they came. */
  output: z.string().max(32_768),
  /** Whether it said more than was kept. */
  cut: z.boolean(),
});

/** What was done after the image: `grow`, `host-name`, `machine-id`, `boot-entry`, … */
const stepSchema = z.object({
  name: z.string().max(64),
  /** `warning`: done as far as it could be; a person should read the detail. */
  outcome: z.enum(['done', 'skipped', 'warning']),
  detail: z.string().max(1024),
});

/** The proof with which an agent closes a deploy order. */
export const deployEvidenceSchema = z.object({
  kind: z.literal('deploy'),
  ...common,
  manifestDigest: sha256,
  disk: diskFactsSchema,
  volumes: z.array(volumeProofSchema).min(1),
  /** Received over the network, as packed. */
  fetchedBytes: bytes,
  /** Data written of what was fetched. */
  writtenBytes: bytes,
  zeroedBytes: bytes,
  /** Left alone: the disk had it in its place, read and hashed there. */
  inPlaceBytes: bytes.default(0),
  /** In no block that a file system uses: neither written nor read, whatever is there. */
  unusedBytes: bytes.default(0),
  /** Copied from elsewhere on the disk. */
  copiedBytes: bytes.default(0),
  /** Read again afterwards. What is in place is not: it was read before. */
  readBackBytes: bytes,
  steps: z.array(stepSchema),
  scripts: z.array(scriptRunSchema).max(mostScripts).optional(),
});

/** How a volume was captured, and what a second reading gave. */
export const capturedVolumeSchema = volumeProofSchema.omit({ handover: true }).extend({
  /** `used blocks`, `swap: its header`, or `whole` with the reason. */
  how: text,
  /** Bytes that were kept; the rest of the volume counts as zeros. */
  readBytes: bytes,
});

/** Closes a capture order: the version that was published, and what it cost. */
export const captureEvidenceSchema = z.object({
  kind: z.literal('capture'),
  ...common,
  /** `name@version`, as the appliance published it. */
  image: text,
  manifestDigest: sha256,
  disk: diskFactsSchema,
  /** Of the source disk: all bytes of its used blocks that were read. */
  readBytes: bytes,
  /** Compressed bytes that went to the store. */
  sentBytes: bytes,
  chunks: z.object({
    /** Made from what was read. */
    read: bytes,
    /** Of these: sent, because the store lacked them. */
    sent: bytes,
    /** Of these: known to the store already, or met before on the same disk. */
    known: bytes,
  }),
  volumes: z.array(capturedVolumeSchema).min(1),
});

/** How a disk can be wiped, the strongest first. */
export const wipeTechniques = [
  'nvme-crypto-erase',
  'nvme-user-data-erase',
  'secure-discard',
  'discard',
  'overwrite',
] as const;

/** NIST SP 800-88 Rev. 1: Clear withstands software, Purge a laboratory. What of it a technique reaches. */
export const sanitizationOf = (technique: (typeof wipeTechniques)[number]): 'clear' | 'purge' =>
  technique === 'discard' || technique === 'overwrite' ? 'clear' : 'purge';

export const wipedDiskSchema = diskFactsSchema.extend({
  /** In the order in which they were tried; the last one is that after which the disk read back as zeros. */
  attempts: z
    .array(
      z.object({
        technique: z.enum(wipeTechniques),
        outcome: z.enum(['zeros', 'left-data', 'refused']),
        detail: z.string().max(1024),
      }),
    )
    .min(1)
    .max(16),
  sanitization: z.enum(['clear', 'purge']),
  /** Every byte that was read back from the disk itself was zero. */
  readBack: z.object({ scope: z.enum(['whole', 'sample']), readBytes: bytes }),
  durationMs: bytes,
});

/** Closes a removal order: what was wiped, and how it is known. */
export const removalEvidenceSchema = z.object({
  kind: z.literal('removal'),
  ...common,
  disks: z.array(wipedDiskSchema).min(1),
  /** The PC's other disks, which the order was not about. */
  untouched: z.array(diskFactsSchema).max(256),
});

/** Closes an install order: what the installed system says of itself, and what the agent did to it before. */
export const installEvidenceSchema = z.object({
  kind: z.literal('install'),
  /** As `/etc/os-release` has it; a Windows is `windows`. Missing while only the agent has spoken, and could not read it. */
  osRelease: z.object({ id: text, version: text.optional(), prettyName: text.optional() }).optional(),
  kernel: text.optional(),
  /** SHA-256 over the sorted list of packages and their versions. */
  packagesDigest: sha256.optional(),
  /** Windows: the build, as in `10.0.22631.2861`. */
  build: text.optional(),
  /** Of the disk that the system runs from. */
  diskSerial: text.optional(),
  /** When the appliance sent the PC to its disk. */
  bootedFromDiskAt: z.iso.datetime().optional(),
  /** From the claim to the report. */
  durationMs: bytes,
  agentVersion: common.agentVersion.optional(),
  steps: z.array(stepSchema).max(64).optional(),
  scripts: z.array(scriptRunSchema).max(mostScripts).optional(),
});

export const evidenceSchema = z.discriminatedUnion('kind', [
  deployEvidenceSchema,
  captureEvidenceSchema,
  removalEvidenceSchema,
  installEvidenceSchema,
]);

export type DiskFacts = z.infer<typeof diskFactsSchema>;
export type WipeTechnique = (typeof wipeTechniques)[number];
export type WipedDisk = z.infer<typeof wipedDiskSchema>;
export type ScriptRun = z.infer<typeof scriptRunSchema>;
export type VolumeProof = z.infer<typeof volumeProofSchema>;
export type DeployEvidence = z.infer<typeof deployEvidenceSchema>;
export type CaptureEvidence = z.infer<typeof captureEvidenceSchema>;
export type RemovalEvidence = z.infer<typeof removalEvidenceSchema>;
export type InstallEvidence = z.infer<typeof installEvidenceSchema>;
export type Evidence = z.infer<typeof evidenceSchema>;
