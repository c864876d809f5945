import type { Command } from 'commander';
import { taskText } from '../fleet/order.ts';
import { type Session, verb } from './session.ts';
import { tellFiled } from './watch.ts';

interface CaptureOptions {
  machine: string;
  disk?: string;
  role?: string;
  raw?: string[];
  watch?: boolean;
}

/** `3` is partition 3; `partition 3` is what the evidence says. */
const volumeOf = (text: string): string => (/^\d+$/.test(text) ? `partition ${text}` : text);

const capture = async (session: Session, name: string, options: CaptureOptions): Promise<number> => {
  const { machine, disk, role, raw, watch } = options;
  const filed = await session.client.fileOrder({
    body: {
      kind: 'capture',
      machine,
      image: name,
      ...(disk && { diskId: disk }),
      ...(role && { role }),
      options: { ...(raw && { raw: raw.map(volumeOf) }) },
    },
  });
  const next = 'shut the PC down properly, then start it from the network';
  return tellFiled(session, filed, `${taskText(filed)}; ${next}`, watch);
};

/** `greif image capture` */
export const addCapture = (image: Command): void =>
  verb(
    image
      .command('capture')
      .description("file an order: the machine's disk is captured at its next start from the network")
      .argument('<name>', 'what to call the image: a new content under an old name makes a new version')
      .requiredOption('--machine <machine>', 'the reference PC: its id, name or MAC')
      .option('--disk <disk>', 'the disk to read: its id, serial number or WWN')
      .option(
        '--role <role>',
        'read the disk with this role (system unless told); the image is for such disks',
      )
      .option(
        '--raw <volume...>',
        'take these partitions byte for byte, whatever they hold: encrypted, unclean, hibernated, LVM or RAID',
      )
      .option('--watch', 'follow the order until it ends'),
    capture,
  );
