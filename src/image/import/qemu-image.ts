import { GreifError } from '../../core/errors.ts';
import { assertRoomFor, runTool, startTool } from './run-tool.ts';
import { sourceFault } from './source-fault.ts';
import type { DiskFormat } from './source-format.ts';

const program = 'qemu-img';
/** `qemu-img check`: 0 fine, 3 leaked clusters (harmless), 63 the format has no check. */
const soundStatus = [0, 3, 63];
const damaged = 'it is damaged or cut short; copy it again from where it came from';

interface Extent {
  start: number;
  length: number;
}

/** Throws IMAGE_SOURCE_INVALID for a file that QEMU finds damaged or that names another file (seen without opening that). */
export const proveDisk = async (file: string, format: DiskFormat, signal?: AbortSignal): Promise<void> => {
  const info = await runTool(program, ['info', '--output=json', '-f', format, file], signal);
  if (info.status !== 0) throw sourceFault(file, `${damaged} (${info.complaint})`);
  const found: {
    'backing-filename'?: string;
    'format-specific'?: { data?: { extents?: { filename: string }[] } };
  } = JSON.parse(info.output);
  const parts = found['format-specific']?.data?.extents ?? [];
  if (found['backing-filename'] || parts.some(({ filename }) => filename !== file))
    throw sourceFault(
      file,
      'it leans on other files; make one whole file of it first ("qemu-img convert -O qcow2 OLD NEW")',
    );
  const check = await runTool(program, ['check', '-f', format, file], signal);
  if (!soundStatus.includes(check.status)) throw sourceFault(file, `${damaged} (${check.complaint})`);
};

/** The stretches that may hold something else than zeros, in order. */
export const listData = async (file: string, format: DiskFormat, signal?: AbortSignal): Promise<Extent[]> => {
  const map = await runTool(program, ['map', '--output=json', '-f', format, file], signal);
  if (map.status !== 0) throw sourceFault(file, `${damaged} (${map.complaint})`);
  const extents: (Extent & { zero: boolean })[] = JSON.parse(map.output);
  return extents.filter(({ zero }) => !zero).map(({ start, length }) => ({ start, length }));
};

/** Unpacks into a sparse raw file. Throws IMAGE_SOURCE_INVALID, ENOSPC. */
export const convertDisk = async (
  file: string,
  format: DiskFormat,
  target: string,
  onProgress: (doneBytes: number, totalBytes: number) => void,
  signal?: AbortSignal,
): Promise<void> => {
  const { 'virtual-size': totalBytes }: { 'virtual-size': number } = JSON.parse(
    (await runTool(program, ['info', '--output=json', '-f', format, file], signal)).output,
  );
  const child = startTool(
    program,
    ['convert', '-p', '-f', format, '-O', 'raw', '-S', '64k', file, target],
    signal,
  );
  child.stdin.end();
  child.stdout.on('data', (piece: Buffer) => {
    const percent = /\((\d+\.\d+)\/100%\)\s*$/.exec(piece.toString())?.[1];
    if (percent) onProgress(Math.floor((totalBytes * Number(percent)) / 100), totalBytes);
  });
  const ended = await child.ended;
  assertRoomFor(ended);
  if (ended.status === -1)
    throw new GreifError('INTERNAL', `${program} was killed while it unpacked ${file}: repeat the import`);
  if (ended.status !== 0) throw sourceFault(file, `${damaged} (${ended.complaint})`);
};
