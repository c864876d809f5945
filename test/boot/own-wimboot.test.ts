import test from 'ava';
import { findOwnWimboot } from '../../src/boot/own-wimboot.ts';
import { sha256Hex } from '../../src/core/ids.ts';
import type { Log } from '../../src/core/log.ts';
import { temporaryFolder } from './temporary.ts';

test("the operator's wimboot serves BIOS and UEFI, and is named in the log", async (t) => {
  const lines: unknown[] = [];
  const log = { info: (_: string, fields: unknown) => void lines.push(fields) } as unknown as Log;
  t.deepEqual(await findOwnWimboot(await temporaryFolder(t), log), {});
  t.deepEqual(lines, []);
  const folder = await temporaryFolder(t, { 'custom/wimboot': 'wimboot' });
  t.deepEqual(await findOwnWimboot(folder, log), { bios: 'custom/wimboot', 'uefi-x64': 'custom/wimboot' });
  t.deepEqual(lines, [{ file: 'custom/wimboot', sha256: sha256Hex('wimboot') }]);
});
