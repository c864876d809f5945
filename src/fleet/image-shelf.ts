/** What an order needs to know of one version of an image. */
export interface ShelvedImage {
  /** `name@version`. */
  ref: string;
  /** SHA-256 of the manifest's bytes. */
  digest: string;
  /** The operating system that was found: `debian`, `windows`, … */
  system?: string | undefined;
  /** The disk that it is for; without one the system's. */
  role?: string | undefined;
  volumes: readonly {
    kind: 'head' | 'partition' | 'gap';
    partition?: number | undefined;
    sizeBytes: number;
    /** SHA-256 over the chunk ids in the order of the index. */
    digest: string;
  }[];
}

/** Where orders find their images. */
export interface ImageShelf {
  /** By `name@version`, `name@channel` or `name`. Throws IMAGE_NOT_FOUND, CHANNEL_NOT_FOUND, MANIFEST_UNTRUSTED. */
  find(ref: string): Promise<ShelvedImage>;
}
