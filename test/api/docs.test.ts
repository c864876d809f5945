import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { adminRoutes } from '../../src/api/contract/admin.ts';
import type { Route } from '../../src/api/contract/route.ts';
import { diagnoses } from '../../src/boot/journal/diagnoses.ts';
import { type ErrorCode, errorCatalogue } from '../../src/core/errors.ts';

const page = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');

test('docs/errors.md lists each code of the catalogue, with its HTTP and exit status, in the same order', (t) => {
  const rows = page('errors.md').matchAll(/^\| ([A-Z_]+) \| (\d+) \| (\d+) \| ([^|]+) \| ([^|]+) \|$/gm);
  const documented = [...rows].map(([, code, http, exit]) => `${code} ${http} ${exit}`);
  const codes = Object.keys(errorCatalogue) as ErrorCode[];
  t.deepEqual(
    documented,
    codes.map((code) => `${code} ${errorCatalogue[code].http} ${errorCatalogue[code].exit}`),
  );
});

test('docs/errors.md has the TFTP codes', (t) => {
  for (const [code, { tftp }] of Object.entries<{ http: number; tftp?: number }>(errorCatalogue))
    if (tftp !== undefined) t.regex(page('errors.md'), new RegExp(`${code} (is )?error ${tftp}\\b`));
});

test('docs/api.md names every route', (t) => {
  const text = page('api.md');
  for (const { path } of Object.values<Route>(adminRoutes)) t.true(text.includes(path), path);
});

test('docs/troubleshooting.md lists each diagnosis with its meaning and remedy, in the same order', (t) => {
  const [, text = ''] = page('troubleshooting.md').split('| diagnosis |');
  const rows = text.matchAll(/^\| ([a-z][a-z-]+) \| ([^|]+) \| ([^|]+) \|$/gm);
  t.deepEqual(
    [...rows].map(([, code, title, remedy]) => ({ code, title, remedy })),
    Object.entries(diagnoses).map(([code, { title, remedy }]) => ({ code, title, remedy })),
  );
});
