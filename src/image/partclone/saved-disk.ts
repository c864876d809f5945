/** One disk as Clonezilla or FOG keeps it in a folder. */
export interface SavedDisk {
  /** What `sfdisk --dump` said of it. */
  table: string;
  /** Not known to FOG. */
  sizeBytes?: number | undefined;
  /** What lay at the start of the disk; beyond its first 440 bytes only an MBR disk has boot code there. */
  head: { file: string; firstByte: number }[];
  /** Each with the pieces of its partclone image, in order. */
  partitions: { number: number; files: string[] }[];
  swaps: { number: number; uuid?: string | undefined; label?: string | undefined }[];
}
