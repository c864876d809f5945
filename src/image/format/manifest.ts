import { z } from 'zod';

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
  fileSystem: z
    .object({
      type: z.string(),
      label: z.string().optional(),
      uuid: z.string().optional(),
      /** Bytes in use, and the smallest size to which the file system can be shrunk. */
      usedBytes: bytes.optional(),
      minimumBytes: bytes.optional(),
    })
    .optional(),
  /** SHA-256 of the volume's index file (`.caibx`), which is also its name in the store. */
  index: sha256Schema,
  chunkCount: z.number().int().nonnegative(),
  /** Bytes in chunks that are not all zero. */
  dataBytes: bytes,
  /** SHA-256 over the chunk ids (32 raw bytes each) in the order of the index: what a read-back must give. */
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
  source: z.object({ file: z.string(), format: z.string() }),
  diskSizeBytes: bytes,
  /** The smallest disk that can take the image without shrinking a volume. */
  minimumDiskBytes: bytes,
  /** SHA-256 over table and volumes only: two imports of the same content have the same. */
  contentDigest: sha256Schema,
  table: partitionTableSchema,
  volumes: z.array(volumeSchema).min(1),
});

export type Partition = z.infer<typeof partitionSchema>;
export type PartitionTable = z.infer<typeof partitionTableSchema>;
export type Volume = z.infer<typeof volumeSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** How a version is named everywhere: `name@version`. */
export const refOf = ({ name, version }: Pick<Manifest, 'name' | 'version'>): string => `${name}@${version}`;
