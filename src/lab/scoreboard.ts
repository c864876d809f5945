import { formatBytes, percent } from '../cli/format.ts';

/** Where a PC is on its way. */
export interface Standing {
  stage: string;
  doneBytes?: number;
  totalBytes?: number;
  bytesPerSecond?: number;
}

/** Shows where everyone is. On standard error, so that standard output stays free for the result. */
export interface Scoreboard {
  tell(who: string, standing: Standing): void;
  /** A sentence above the board. */
  say(sentence: string): void;
  close(): void;
}

export const standingText = ({ stage, doneBytes, totalBytes, bytesPerSecond }: Standing): string => {
  if (doneBytes === undefined || !totalBytes) return stage;
  const rate = bytesPerSecond === undefined ? '' : `  ${formatBytes(bytesPerSecond)}/s`;
  return `${stage.padEnd(11)} ${String(percent(doneBytes, totalBytes)).padStart(3)} %  ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}${rate}`;
};

type Write = (text: string) => void;

/** A block of lines that is painted over. */
const board = (write: Write): Scoreboard => {
  const lines = new Map<string, string>();
  let painted = 0;
  const wipe = () => write(painted > 0 ? `\x1b[${painted}A\x1b[J` : '');
  const paint = () => {
    for (const [who, text] of lines) write(`${who.padEnd(10)} ${text}\n`);
    painted = lines.size;
  };
  return {
    tell(who, standing) {
      const text = standingText(standing);
      if (lines.get(who) === text) return;
      wipe();
      lines.set(who, text);
      paint();
    },
    say(sentence) {
      wipe();
      write(`${sentence}\n`);
      paint();
    },
    close() {
      lines.clear();
      painted = 0;
    },
  };
};

const stepPercent = 20;

/** For log files and pipes: a line for each stage and for each fifth of it. */
const lines = (write: Write): Scoreboard => {
  const told = new Map<string, string>();
  return {
    tell(who, standing) {
      const { stage, doneBytes = 0, totalBytes = 0 } = standing;
      const key = `${stage} ${Math.floor(percent(doneBytes, totalBytes) / stepPercent)}`;
      if (told.get(who) === key) return;
      told.set(who, key);
      write(`${who.padEnd(10)} ${standingText(standing)}\n`);
    },
    say: (sentence) => write(`${sentence}\n`),
    close() {},
  };
};

export const createScoreboard = (
  stream: { isTTY?: boolean; write(text: string): unknown } = process.stderr,
): Scoreboard => {
  const write = (text: string) => void stream.write(text);
  return stream.isTTY ? board(write) : lines(write);
};
