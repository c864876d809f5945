import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { signedScript } from '../../src/fleet/script.ts';
import { isSignedBy } from '../../src/image/format/signature.ts';
import { proofFor, startAgent } from '../api/agent-stub.ts';
import { startAppliance } from '../api/appliance.ts';
import { mac } from '../fleet/samples.ts';
import { greif } from './greif.ts';

test('scripts: added by version, chosen for room, machine and order, shown with what they said', async (t) => {
  const appliance = await startAppliance();
  const folder = await mkdtemp(join(tmpdir(), 'greif-script-'));
  t.teardown(async () => {
    await appliance.close();
    await rm(folder, { recursive: true });
  });
  const call = (...args: string[]) => greif(appliance, ...args);
  const add = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return call('script', 'add', name, join(folder, name));
  };
  t.regex((await call('script', 'list')).out, /^No scripts yet/);
  t.regex((await add('licence', '#!/bin/sh\necho 1\n')).out, /^licence@1 [0-9a-f]{64}$/m);
  t.regex((await add('licence', '#!/bin/sh\necho 2\n')).out, /^licence@2 /);
  t.regex(
    (await add('licence', '#!/bin/sh\necho 2\n')).out,
    /^licence@2 /,
    'the same text is the same version',
  );
  await add('printers', '#!/bin/sh\necho printers\n');
  t.is((await call('script', 'show', 'licence@1')).out, '#!/bin/sh\necho 1\n');
  t.regex(
    (await add('bad', '#!/bin/sh\n# greif: netwrok\n')).err,
    /"netwrok" is no option .*SCRIPT_INVALID/s,
  );
  t.regex((await call('script', 'list')).out, /^licence@2 .*\nprinters@1 /m);

  const agent = await startAgent(appliance, mac(1));
  t.like(await call('machine', 'set', mac(1), '--script', 'nothing'), { status: 1, out: '' });
  await call('machine', 'set', mac(1), '--room', 'R101');
  t.regex((await call('room', 'set', 'R101', '--script', 'printers')).out, /^R101 +1 +printers$/m);
  const scriptsOf = async (...args: string[]) => {
    const { out } = await call('order', 'create', mac(1), 'debian@1', '--json', ...args);
    const { id, options } = JSON.parse(out);
    await call('order', 'cancel', String(id));
    return (options.scripts ?? []).map(
      ({ name, version }: { name: string; version: number }) => `${name}@${version}`,
    );
  };
  t.deepEqual(await scriptsOf(), ['printers@1']);
  await call('machine', 'set', mac(1), '--script', 'licence', 'printers');
  t.deepEqual(await scriptsOf(), ['licence@2', 'printers@1']);
  t.deepEqual(await scriptsOf('--script', 'licence@1'), ['licence@1']);
  t.deepEqual(await scriptsOf('--no-scripts'), []);
  t.regex((await call('script', 'remove', 'licence')).err, /the machine pc-000001 names it/);
  await call('machine', 'set', mac(1), '--no-scripts');
  t.deepEqual(await scriptsOf(), ['printers@1']);

  const { out } = await call('order', 'create', mac(1), 'debian@1', '--script', 'licence@1', '--json');
  t.regex((await call('script', 'remove', 'licence')).err, /order 6 runs it/);
  const { body: claimed } = await agent.claim();
  t.like(claimed, { room: 'R101', machineId: agent.checkedIn.machine.id });
  const [script] = claimed.scripts;
  if (!script) return t.fail();
  t.like(script, { name: 'licence', version: 1, text: '#!/bin/sh\necho 1\n' });
  const key = (await call('key', 'show')).out.trim();
  t.true(isSignedBy(key, signedScript(script), script.signature));
  const { name, version, digest } = script;
  const run = {
    name,
    version,
    digest,
    outcome: 'done',
    exitStatus: 0,
    durationMs: 9,
    output: 'seat 7\nok\n',
    cut: false,
  } as const;
  const done = await agent.complete(JSON.parse(out).id, { ...proofFor(claimed), scripts: [run] });
  t.is(done.status, 200);
  t.regex((await call('order', 'show', '6')).out, /^--- licence@1: done, status 0\nseat 7\nok$/m);
  t.is((await call('script', 'remove', 'licence')).out, 'licence is removed\n');
});
