import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Status, statusBlock, statusLine } from './status.ts';

const width = 78;
const serialEveryMs = 5000;
/** ECMA-48: cursor home, erase to the end of a line, erase to the end of the screen. */
const [home, restOfLine, restOfScreen] = ['\x1b[H', '\x1b[K', '\x1b[J'];

/** Where the agent shows itself. Both are optional: a PC may have no screen, or no serial port. */
export interface Consoles {
  /** A terminal that is drawn anew in place. */
  display: string;
  /** A line printer: plain lines only. */
  serial: string;
}

export interface Screen {
  /** Shows the status; the serial console gets a line when something else happens, or every few seconds. */
  show(status: Status): Promise<void>;
  /** A line of its own on the serial console. */
  note(line: string): Promise<void>;
  close(): Promise<void>;
}

const openConsole = (file: string): Promise<FileHandle | undefined> =>
  // Not our controlling terminal, and no waiting for a modem's carrier.
  open(file, constants.O_WRONLY | constants.O_NOCTTY | constants.O_NONBLOCK).catch(() => undefined);

/** A console that fails (a serial port that is not there answers EIO) is left out from then on. */
const forgiving = (handle: FileHandle | undefined): ((text: string) => Promise<void>) => {
  let alive = handle;
  return async (text) => {
    await alive?.write(text).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EAGAIN') alive = undefined;
    });
  };
};

const draw = (status: Status): string =>
  home +
  statusBlock(status)
    .map((line) => `${line.slice(0, width)}${restOfLine}\r\n`)
    .join('') +
  restOfScreen;

export const openScreen = async ({ display, serial }: Consoles): Promise<Screen> => {
  const handles = [await openConsole(display), await openConsole(serial)] as const;
  const [toDisplay, toSerial] = [forgiving(handles[0]), forgiving(handles[1])];
  let last = { line: '', subject: '', atMs: 0 };
  const note = (line: string): Promise<void> => toSerial(`${line}\r\n`);
  return {
    note,
    async show(status) {
      const line = statusLine(status);
      const subject = [status.order?.id, status.progress?.stage ?? status.now].join();
      const atMs = performance.now();
      if (subject !== last.subject || (line !== last.line && atMs - last.atMs >= serialEveryMs)) {
        last = { line, subject, atMs };
        await note(line);
      }
      await toDisplay(draw(status));
    },
    async close() {
      for (const handle of handles) await handle?.close();
    },
  };
};
