import type { Log } from '../../core/log.ts';
import type { Disk, Inventory } from '../../fleet/inventory.ts';
import type { PublicKey } from '../../image/format/signature.ts';
import type { RestoreTools } from '../disk/restore.ts';
import type { Run } from '../programs.ts';
import type { StageTracker } from '../stage.ts';
import type { WithMount } from '../system/mount.ts';

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
  connectChunks: RestoreTools['connectChunks'];
  unpack: RestoreTools['unpack'];
  run: Run;
  withMount: WithMount;
  stages: StageTracker;
  signal: AbortSignal;
  log: Log;
}
