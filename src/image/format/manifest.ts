import { z } from 'zod';
import { sha256Hex } from '../../core/ids.ts';

/** SHA-256 as 64 lower-case hex digits. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.number().int().nonnegative();

export const partitionSchema = z.object({
  number: z.number().int().positive(),
  firstByte: bytes,
  sizeBytes: bytes,
  /** GPT: the type GUID in upper case; MBR: the type byte as two hex digits. */
  type: z.string(),
  /** GPT: the partition's own GUID in upper case. */
  guid: z.string().optional(),
  name: z.string().optional(),
  bootable: z.boolean().optional(),
  /** GPT: the other attribute bits (bit 2 is `bootable`) as 16 hex digits; left out when none is set. */
  attributes: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
});

export const partitionTableSchema = z.object({
  scheme: z.enum(['gpt', 'mbr']),
  /** GPT: the disk GUID in upper case; MBR: the disk signature as eight hex digits. */
  diskId: z.string(),
  sectorBytes: z.number().int().positive(),
  partitions: z.array(partitionSchema).min(1),
  /** MBR: the entry that holds the logical partitions, and its type byte as two hex digits. */
  extended: z.object({ number: z.number().int().min(1).max(4), type: z.string() }).optional(),
});

export const fileSystemSchema = z.object({
  /** As blkid names it: `ext4`, `ntfs`, `vfat`, `swap`, … */
  type: z.string(),
  label: z.string().optional(),
  uuid: z.string().optional(),
  usedBytes: bytes.optional(),
  /** The smallest size to which its own tools can shrink it; its own size where they cannot. */
  minimumBytes: bytes.optional(),
});

/** The operating system that was found. */
export const operatingSystemSchema = z.object({
  /** `debian`, `ubuntu`, … as os-release names it; `windows`. */
  id: z.string().max(64),
  /** For people: `Debian GNU/Linux 12 (bookworm)`, `Windows 11 Pro`. */
  name: z.string().max(256),
  version: z.string().max(64).optional(),
  /** As Debian names it: `amd64`, `arm64`, `i386`. */
  architecture: z.string().max(64).optional(),
  /** The number of its partition. */
  partition: z.number().int().positive(),
});

/** Where an image came from. */
export const sourceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('file'), file: z.string(), format: z.string() }),
  z.object({
    kind: z.literal('machine'),
    machine: z.object({ id: z.string(), name: z.string() }),
    disk: z.object({ id: z.string(), model: z.string().optional(), serial: z.string().optional() }),
  }),
]);

/** Of a volume; all else counts as used. */
export const mostUnusedRuns = 1024;

/**
 * A stretch of the source disk that is kept. `head` is what lies before the first partition (boot code, the table itself,
 * GRUB's core image), `gap` is non-zero data between partitions (an extended partition's records). Bytes in no volume are zero or unused.
 */
export const volumeSchema = z.object({
  kind: z.enum(['head', 'partition', 'gap']),
  /** The number of the partition, for kind `partition`. */
  partition: z.number().int().positive().optional(),
  firstByte: bytes,
  sizeBytes: bytes,
  fileSystem: fileSystemSchema.optional(),
  /**
   * Runs of blocks that its file system does not use, from the volume's start, in disk order, the largest of them. A chunk of zeros that lies
   * within one is neither written nor read back. Missing: all may be used.
   */
  unused: z
    .array(z.object({ firstByte: bytes, sizeBytes: bytes }))
    .max(mostUnusedRuns)
    .optional(),
  /** SHA-256 of the volume's index file (`.caibx`), which is also its name in the store. */
  index: sha256Schema,
  chunkCount: z.number().int().nonnegative(),
  /** Bytes in chunks that are not all zero. */
  dataBytes: bytes,
  /** SHA-256 over the chunk ids (32 raw bytes each) in the order of the index: what a read-back must give, unused chunks taken for zeros. */
  digest: sha256Schema,
});

/** One version of an image: immutable, named `name@version`. Kept and digested as the exact bytes of its JSON file. */
export const manifestSchema = z.object({
  format: z.literal('greif-image/1'),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'small letters, digits, dots, hyphens and underlines, at most 63'),
  version: z.number().int().positive(),
  createdAt: z.iso.datetime(),
  source: sourceSchema,
  /** What it came after: the newest version before it or, of a captured PC, the one that it was last given. */
  parent: z.object({ ref: z.string(), digest: sha256Schema }).optional(),
  os: operatingSystemSchema.optional(),
  /** Which disk of a PC it is for: `system` (unless told), `data`, … */
  role: z.string().max(32).optional(),
  diskSizeBytes: bytes,
  /** The smallest disk that can take the image without shrinking a volume. */
  minimumDiskBytes: bytes,
  /** What `contentDigest` makes of table and volumes: two imports of the same content have the same. */
  contentDigest: sha256Schema,
  table: partitionTableSchema,
  volumes: z.array(volumeSchema).min(1),
});

export type Partition = z.infer<typeof partitionSchema>;
export type PartitionTable = z.infer<typeof partitionTableSchema>;
export type Volume = z.infer<typeof volumeSchema>;
export type FileSystem = z.infer<typeof fileSystemSchema>;
export type OperatingSystem = z.infer<typeof operatingSystemSchema>;
export type Source = z.infer<typeof sourceSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** What an import or a capture publishes; the store adds the version and, where it is not given, the parent. */
export type ManifestDraft = Omit<Manifest, 'version' | 'contentDigest'>;

/** SHA-256 over where the volumes lie and what their bytes are; not over what tools say of them, which a newer tool may see differently. */
export const contentDigest = ({ table, volumes }: Pick<Manifest, 'table' | 'volumes'>): string => {
  const contents = volumes.map(({ kind, partition, firstByte, sizeBytes, digest }) => [
    kind,
    partition ?? 0,
    firstByte,
    sizeBytes,
    digest,
  ]);
  return sha256Hex(JSON.stringify({ table, contents }));
};

/** How a version is named everywhere: `name@version`. */
export const refOf = ({ name, version }: Pick<Manifest, 'name' | 'version'>): string => `${name}@${version}`;

/** What a volume's index is called outside the store: `head.caibx`, `partition-2.caibx`, `gap-1048576.caibx`. */
export const volumeFile = ({
  kind,
  partition,
  firstByte,
}: Pick<Volume, 'kind' | 'partition' | 'firstByte'>): string =>
  `${kind === 'head' ? kind : `${kind}-${partition ?? firstByte}`}.caibx`;
