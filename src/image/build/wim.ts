import { GreifError } from '../../core/errors.ts';
import { assertRoomFor, runTool, startTool } from '../import/run-tool.ts';
import { sourceFault } from '../import/source-fault.ts';

/** One of the systems in a WIM file. */
export interface WimImage {
  /** From 1 on. */
  index: number;
  name: string;
  /** Of all files, hard links counted once. */
  totalBytes: number;
  links: number;
  /** The one that a boot manager starts, of a file that is made for that. */
  isStarted: boolean;
}

const program = 'wimlib-imagex';
/** Windows’ names have no case. */
const anyCase = 'WIMLIB_IMAGEX_IGNORE_CASE=1';
const damaged = 'it is damaged or cut short; copy it again from where it came from';

const fieldsOf = (text: string): Map<string, string> =>
  new Map(
    text
      .split('\n')
      .map((line) => /^([A-Z][A-Za-z ]*?):\s+(.*)$/.exec(line))
      .map((found) => [found?.[1] ?? '', found?.[2] ?? '']),
  );

const info = async (
  file: string,
  index: string[],
  signal: AbortSignal | undefined,
): Promise<Map<string, string>> => {
  const { status, output, complaint } = await runTool(program, ['info', file, ...index], signal);
  if (status !== 0) throw sourceFault(file, `${damaged} (${complaint})`);
  return fieldsOf(output);
};

/** All systems of a WIM or ESD file. Throws IMAGE_SOURCE_INVALID. */
export const listWim = async (file: string, signal?: AbortSignal): Promise<WimImage[]> => {
  const header = await info(file, [], signal);
  const [part, parts] = (header.get('Part Number') ?? '1/1').split('/');
  if (part !== parts || part !== '1')
    throw sourceFault(file, 'it is one part of a split WIM: join them first ("wimlib-imagex join")');
  const images: WimImage[] = [];
  for (let index = 1; index <= Number(header.get('Image Count') ?? 0); index++) {
    const fields = await info(file, [`${index}`], signal);
    const links = Number(fields.get('File Count') ?? 0) + Number(fields.get('Directory Count') ?? 0);
    images.push({
      index,
      name: fields.get('Name') ?? '',
      totalBytes: Number(fields.get('Total Bytes') ?? 0),
      links,
      isStarted: header.get('Boot Index') === `${index}`,
    });
  }
  return images;
};

/** The one that is meant: the only one, or the one of that number. Pure. Throws IMAGE_SOURCE_INVALID with what there is to choose from. */
export const chooseWimImage = (
  file: string,
  images: readonly WimImage[],
  wanted: number | undefined,
): WimImage => {
  const all = images.map(({ index, name }) => `${index} (${name || 'no name'})`).join(', ');
  if (images.length === 0) throw sourceFault(file, 'it holds no system');
  const found =
    wanted === undefined && images.length === 1 ? images[0] : images.find(({ index }) => index === wanted);
  if (found) return found;
  throw sourceFault(
    file,
    wanted === undefined
      ? `it holds ${images.length} systems, say which by --index: ${all}`
      : `it holds no system ${wanted}. There are: ${all}`,
  );
};

/** Whether the system has that file or folder. */
export const wimHas = async (
  file: string,
  { index }: WimImage,
  name: string,
  signal?: AbortSignal,
): Promise<boolean> =>
  (await runTool('env', [anyCase, program, 'dir', file, `${index}`, `--path=${name}`], signal)).status === 0;

/** Takes files and folders out of the system into `folder`, as plain files. */
export const extractFromWim = async (
  file: string,
  { index }: WimImage,
  names: readonly string[],
  folder: string,
  signal?: AbortSignal,
): Promise<void> => {
  const options = [`--dest-dir=${folder}`, '--no-acls', '--no-attributes'];
  const { status, complaint } = await runTool(
    'env',
    [anyCase, program, 'extract', file, `${index}`, ...names, ...options],
    signal,
  );
  if (status !== 0) throw sourceFault(file, `${damaged} (${complaint})`);
};

const change = async (file: string, args: string[], signal: AbortSignal | undefined): Promise<void> => {
  const ended = await runTool('env', args, signal);
  if (ended.status === 0) return;
  assertRoomFor(ended);
  throw sourceFault(file, `${damaged} (${ended.complaint})`);
};

/** Copies one system into a new file, as the one that is started; nothing is compressed anew. Throws IMAGE_SOURCE_INVALID, ENOSPC. */
export const exportFromWim = (
  file: string,
  { index }: WimImage,
  target: string,
  signal?: AbortSignal,
): Promise<void> => change(file, [program, 'export', file, `${index}`, target, '--boot'], signal);

/** Lays a folder's files over those of a file's only system. */
export const addToWim = (file: string, folder: string, signal?: AbortSignal): Promise<void> =>
  change(file, [`--chdir=${folder}`, anyCase, program, 'update', file, '1', '--command=add . /'], signal);

/**
 * Applies the system onto an NTFS volume with all that NTFS knows (streams, ACLs, short names, reparse points); every file is checked against its
 * SHA-1. `volume` is the file of an unmounted NTFS. Throws IMAGE_SOURCE_INVALID, ENOSPC.
 */
export const applyWim = async (
  file: string,
  { index, totalBytes }: WimImage,
  volume: string,
  onProgress: (doneBytes: number, totalBytes: number) => void,
  signal?: AbortSignal,
): Promise<void> => {
  const child = startTool(program, ['apply', file, `${index}`, volume], signal);
  child.stdin.end();
  child.stdout.on('data', (piece: Buffer) => {
    const percent = [...piece.toString().matchAll(/\((\d+)%\) done/g)].at(-1)?.[1];
    if (percent) onProgress(Math.floor((totalBytes * Number(percent)) / 100), totalBytes);
  });
  const ended = await child.ended;
  if (ended.status === 0) return;
  assertRoomFor(ended);
  if (ended.status === -1)
    throw new GreifError('INTERNAL', `${program} was killed while it applied ${file}: repeat the import`);
  throw sourceFault(file, `${damaged} (${ended.complaint})`);
};
