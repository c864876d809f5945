import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Certificate } from '../../src/fleet/certificate.ts';
import { startAgent } from '../api/agent-stub.ts';
import { startAppliance } from '../api/appliance.ts';
import { disk, inventory, mac, removalEvidence } from '../fleet/samples.ts';
import { greif } from './greif.ts';

test('a machine is decommissioned, its certificate printed, kept and checked, and it is taken back', async (t) => {
  const appliance = await startAppliance();
  const folder = await mkdtemp(join(tmpdir(), 'greif-certificate-'));
  t.teardown(async () => {
    await appliance.close();
    await rm(folder, { recursive: true });
  });
  const agent = await startAgent(appliance, mac(1), inventory([mac(1)], undefined, [disk('A'), disk('B')]));
  const call = (...args: string[]) => greif(appliance, ...args);
  const ambiguous = await call('machine', 'decommission', 'pc-000001', '--yes');
  t.like(ambiguous, { status: 1, out: '' });
  t.regex(ambiguous.err, /2 disks \(serial:A, serial:B\): name one with --disk, or all of them with --all/);
  const unasked = await call('machine', 'decommission', 'pc-000001', '--all');
  t.is(unasked.status, 2);
  t.regex(unasked.err, /say --yes/);
  t.deepEqual(await appliance.client.listOrders({ query: {} }), []);

  const filed = await call('machine', 'decommission', 'pc-000001', '--disk', 'A', '--yes');
  t.is(filed.out, 'order 1: pc-000001 is wiped at its next start from the network\n');
  t.like(await call('order', 'certificate', '1'), { status: 1, out: '' });
  await agent.claim();
  const untouched = [{ id: 'serial:B', serial: 'B', sizeBytes: 5 }];
  t.is((await agent.complete(1, removalEvidence({ untouched }))).status, 200);
  t.regex((await call('machine', 'list')).out, /^pc-000001 .* out of service/m);
  t.regex(
    (await call('order', 'show', '1')).out,
    /^by: +discard \(NIST SP 800-88: Clear\), all of it read back as zeros$/m,
  );

  const printed = (await call('order', 'certificate', '1')).out;
  t.regex(printed, /^CERTIFICATE OF DATA REMOVAL \(NIST SP 800-88 Rev\. 1\)$/m);
  t.regex(printed, /^serial number: +S1$/m);
  t.regex(printed, /^wiped by: +discard \(NIST SP 800-88: Clear\)/m);
  t.regex(printed, /NOT WIPED, and not certified:\ndisk: +serial:B$/m);
  const kept = (await call('order', 'certificate', '1', '--json')).out;
  const file = join(folder, 'certificate.json');
  writeFileSync(file, kept);
  t.regex((await call('order', 'certificate', '--verify', file)).out, /^genuine: signed by this appliance$/m);
  writeFileSync(file, kept.replace('serial:A', 'serial:B'));
  t.like(await call('order', 'certificate', '--verify', file), { status: 1, out: '' });
  t.like(await call('order', 'certificate'), { status: 2 });

  // Anybody can check it without us.
  const { statement, signature, publicKey }: Certificate = JSON.parse(kept);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
  writeFileSync(join(folder, 'key.pem'), key.export({ format: 'pem', type: 'spki' }));
  writeFileSync(join(folder, 'statement'), statement);
  writeFileSync(join(folder, 'signature'), Buffer.from(signature, 'base64url'));
  const verify = [
    'pkeyutl',
    '-verify',
    '-rawin',
    '-pubin',
    '-inkey',
    'key.pem',
    '-in',
    'statement',
    '-sigfile',
    'signature',
  ];
  t.regex(execFileSync('openssl', verify, { cwd: folder, encoding: 'utf8' }), /Verified Successfully/);

  t.regex((await call('order', 'create', 'pc-000001', 'debian')).err, /out of service since .*recommission/);
  t.is((await call('machine', 'recommission', 'pc-000001')).out, 'pc-000001 is in service again\n');
  t.is((await call('order', 'create', 'pc-000001', 'debian')).status, 0);
});
