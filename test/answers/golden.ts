import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';

const folder = path.join(import.meta.dirname, 'golden');

/** Holds a text against the file of this name in golden/. `UPDATE_GOLDEN=1` writes the file: then read its diff. */
export const assertGolden = (t: ExecutionContext, name: string, text: string): void => {
  const file = path.join(folder, name);
  if (process.env['UPDATE_GOLDEN']) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  t.is(text, readFileSync(file, 'utf8'), name);
};
