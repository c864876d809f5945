import { GreifError } from '../../../core/errors.ts';
import type { Run } from '../../programs.ts';

/** A value of a registry key, as hivexsh(1) prints and takes it. */
export interface RegistryValue {
  name: string;
  /** What stands before the colon in its `setval`: `string`, `expandstring`, `dword`, `hex:3`, … */
  kind: string;
  text: string;
}

const decodeEscapes = (text: string): string => text.replace(/\\(.)/g, '$1');

/** `"Name"="text"`, `str(2):"text"`, `dword:00000012`, `hex(3):01,02`. Pure; `undefined`: nothing that is understood. */
export const parseValue = (line: string): RegistryValue | undefined => {
  const [, rawName = '', rest = ''] =
    /^"((?:[^"\\]|\\.)*)"=(.*)$/.exec(line) ?? /^(@)=(.*)$/.exec(line) ?? [];
  if (rest === '') return undefined;
  const name = decodeEscapes(rawName);
  const quoted = /^(?:str\((\d+)\):)?"((?:[^"\\]|\\.)*)"$/.exec(rest);
  if (quoted) {
    const kinds: Record<string, string> = { 1: 'string', 2: 'expandstring' };
    const kind = kinds[quoted[1] ?? '1'];
    return kind === undefined ? undefined : { name, kind, text: decodeEscapes(quoted[2] ?? '') };
  }
  const [, word, digits = ''] = /^(dword|qword):([0-9a-f]+)$/i.exec(rest) ?? [];
  if (word !== undefined) return { name, kind: word, text: `0x${digits}` };
  const [, type, bytes = ''] = /^hex\((\d+)\):([0-9a-f,]*)$/i.exec(rest) ?? [];
  return type === undefined ? undefined : { name, kind: `hex:${type}`, text: bytes };
};

/** `cd` with an absolute path; the names are ours, without blanks at their ends or line breaks. */
const enter = (key: string): string => `cd \\${key}\n`;

const isMissing = (error: unknown): boolean =>
  error instanceof GreifError && /no such|not found|path element/i.test(error.message);

/** The values of a key; `undefined` when there is no such key. Throws STEP_FAILED for what is no hive. */
export const readValues = async (
  hive: string,
  key: string,
  run: Run,
): Promise<RegistryValue[] | undefined> => {
  try {
    const output = await run('hivexsh', [hive], { input: `${enter(key)}lsval\n` });
    return output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const value = parseValue(line);
        if (value) return value;
        throw new GreifError(
          'STEP_FAILED',
          `the registry has a value under ${key} that is not understood: ${line.slice(0, 80)}`,
        );
      });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

/** hivexsh sets all values of a key at once: those that are not named stay as they were read. Throws STEP_FAILED. */
export const setValues = async (
  hive: string,
  key: string,
  changes: readonly RegistryValue[],
  run: Run,
): Promise<void> => {
  const before = await readValues(hive, key, run);
  if (before === undefined) throw new GreifError('STEP_FAILED', `the registry has no key ${key}`);
  const changed = new Set(changes.map(({ name }) => name.toLowerCase()));
  const values = [...before.filter(({ name }) => !changed.has(name.toLowerCase())), ...changes];
  const lines = values.flatMap(({ name, kind, text }) => [name, `${kind}:${text}`]);
  const script = `${enter(key)}setval ${values.length}\n${lines.join('\n')}\ncommit\n`;
  await run('hivexsh', ['-w', hive], { input: script });
};

/** The names of the keys below. */
export const subkeys = async (hive: string, run: Run): Promise<string[]> =>
  (await run('hivexsh', [hive], { input: 'ls\n' })).split('\n').filter((line) => line !== '');

/** Takes every value of a key away. */
export const clearValues = (hive: string, key: string, run: Run): Promise<string> =>
  run('hivexsh', ['-w', hive], { input: `${enter(key)}setval 0\ncommit\n` });
