import type { CapturedImage, PublishedImage } from '../../api/contract/agent.ts';
import type { Log } from '../../core/log.ts';
import type { Disk, Inventory } from '../../fleet/inventory.ts';
import type { PublicKey } from '../../image/format/signature.ts';
import type { ChunkId } from '../../image/ports.ts';
import type { PackPool } from '../capture/pack-pool.ts';
import type { DiskThreads } from '../disk/disk-threads.ts';
import type { RestoreTools } from '../disk/restore.ts';
import type { Run } from '../programs.ts';
import type { StageTracker } from '../stage.ts';
import type { WithMount } from '../system/mount.ts';
import type { DriverSource } from '../system/windows/driver-source.ts';

/** What the work on an order needs of the PC and of the appliance. */
export interface OrderTools {
  agentVersion: string;
  /** Whose signature under a manifest counts. */
  publicKey: PublicKey;
  firmware: Inventory['firmware'];
  /** The disks as they are now. */
  disks(): Disk[];
  /** The index file of that digest. */
  index(digest: string): Promise<Buffer>;
  /** Where a capture goes; patient while the appliance is away. */
  upload: {
    /** Of these, those that the store lacks. */
    lacking(ids: readonly ChunkId[]): Promise<ChunkId[]>;
    /** Encoded by `encodeUpload`; durable when it returns. */
    chunks(body: Buffer): Promise<void>;
    /** Answers the index's digest. */
    index(file: Buffer): Promise<string>;
    publish(image: CapturedImage): Promise<PublishedImage>;
  };
  /** Threads that pack chunks; as many as the PC has processors. */
  startPackPool(): PackPool;
  /** Threads that hash what is read and unpack what is written; as many. */
  startDiskThreads(): DiskThreads;
  /** Driver packages for Windows. */
  drivers: DriverSource;
  connectChunks: RestoreTools['connectChunks'];
  run: Run;
  withMount: WithMount;
  stages: StageTracker;
  signal: AbortSignal;
  log: Log;
}
