import { Presets, SingleBar } from 'cli-progress';
import { formatBytes, percent } from './format.ts';

/** How far something long is. */
export interface Progress {
  update(label: string, doneBytes: number, totalBytes: number): void;
  /** Takes the bar away, so that text can follow. */
  clear(): void;
}

const bar = (): Progress => {
  const format = '{label}  {bar} {percentage} %  {done} of {all}  {eta_formatted} left';
  let shown: SingleBar | undefined;
  return {
    update(label, doneBytes, totalBytes) {
      if (totalBytes === 0) return;
      const payload = { label, done: formatBytes(doneBytes), all: formatBytes(totalBytes) };
      if (!shown) {
        shown = new SingleBar(
          { format, hideCursor: true, clearOnComplete: true, etaBuffer: 30 },
          Presets.rect,
        );
        shown.start(totalBytes, doneBytes, payload);
      }
      shown.setTotal(totalBytes);
      shown.update(doneBytes, payload);
    },
    clear() {
      shown?.stop();
      shown = undefined;
    },
  };
};

/** A line each ten per cent: for log files and pipes. */
const lines = (): Progress => {
  let last = '';
  return {
    update(label, doneBytes, totalBytes) {
      const step = Math.floor(percent(doneBytes, totalBytes) / 10) * 10;
      const told = `${label} ${step} %`;
      if (totalBytes === 0 || told === last) return;
      last = told;
      console.error(`${told}  ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`);
    },
    clear() {},
  };
};

const silent: Progress = { update() {}, clear() {} };

/** On standard error: a bar on a terminal, plain lines otherwise, nothing beside JSON. */
export const createProgress = (json: boolean): Progress => {
  if (json) return silent;
  return process.stderr.isTTY ? bar() : lines();
};
