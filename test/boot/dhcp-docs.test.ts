import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { namedOptions } from '../../src/boot/dhcp/named-options.ts';
import { allScopes } from '../../src/boot/dhcp/scope.ts';
import { readConfig } from '../../src/config.ts';

const project = path.resolve(import.meta.dirname, '../..');
const page = await readFile(path.join(project, 'docs/dhcp.md'), 'utf8');

test('every example of docs/dhcp.md is a configuration that works', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-dhcp-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'own.yaml');
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '');
  t.true(examples.length >= 2);
  for (const example of examples) {
    await writeFile(file, example);
    const { interfaces, dhcp } = await readConfig(['--config', file], project);
    const faces = interfaces.map((face) => ({
      ...face,
      subnet: { address: '10.20.0.2', netmask: '255.255.0.0' },
    }));
    t.true(allScopes(dhcp, faces).length >= 1);
  }
});

test('docs/dhcp.md lists the names of all options that can be set', (t) => {
  const list = /Names of options: ([\s\S]*?)\.\n/.exec(page)?.[1] ?? '';
  const names = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? '');
  t.deepEqual(names.sort(), [...namedOptions.keys()].sort());
});
