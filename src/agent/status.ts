import type { Progress } from '../api/contract/agent.ts';
import type { Speed } from './speed.ts';

/** What the PC's screen tells whoever stands before it. */
export interface Status {
  version: string;
  server: string;
  machine?: string | undefined;
  order?: { id: number; task: string } | undefined;
  /** One sentence: what happens now. */
  now: string;
  progress?: (Progress & Speed) | undefined;
  lastError?: string | undefined;
}

const stageNames: Record<Progress['stage'], string> = {
  writing: 'writing the disk',
  capturing: 'reading the disk',
  wiping: 'wiping the disk',
  installing: 'the installer is at work',
  verifying: 'reading it back',
  finishing: 'finishing',
};

const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;

/** `undefined`: the stage has no bytes to count, or does not know them yet. */
const percent = ({ doneBytes, totalBytes }: Progress): number | undefined =>
  totalBytes === 0 ? undefined : Math.floor((doneBytes / totalBytes) * 100);

/** `writing the disk: 42 %, 181 MB/s, 35 s left` */
export const progressLine = (progress: Progress & Speed): string => {
  const { bytesPerSecond, secondsLeft } = progress;
  const done = percent(progress);
  if (done === undefined) return stageNames[progress.stage];
  const rate = bytesPerSecond > 0 ? `, ${(bytesPerSecond / 1e6).toFixed(0)} MB/s` : '';
  const left = secondsLeft === undefined ? '' : `, ${duration(secondsLeft)} left`;
  return `${stageNames[progress.stage]}: ${done} %${rate}${left}`;
};

const bar = (done: number | undefined): string =>
  done === undefined ? '' : `[${'#'.repeat(Math.floor(done / 2.5)).padEnd(40, '.')}]`;

/** The block on the screen: always the same lines at the same place. */
export const statusBlock = (status: Status): string[] => {
  const { version, server, machine, order, now, progress, lastError } = status;
  return [
    `Greif agent ${version}    appliance ${server}`,
    '',
    `PC     ${machine ?? 'not registered yet'}`,
    `Order  ${order ? `${order.id}: ${order.task}` : 'none'}`,
    `Now    ${progress ? progressLine(progress) : now}`,
    `       ${progress ? bar(percent(progress)) : ''}`,
    `Error  ${lastError ?? '-'}`,
  ];
};

/** One line for the serial console, which logs and people grep. */
export const statusLine = ({ order, now, progress }: Status): string =>
  `greif: ${order ? `order ${order.id}: ` : ''}${progress ? progressLine(progress) : now}`;
