import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { type Dialect, dialects } from '../../src/boot/advice/advise.ts';
import { firmwareTable } from '../../src/boot/loader.ts';
import { renderIpxeEntry } from '../../src/boot/scripts/ipxe.ts';
import { enterRoom } from './room/enter.ts';
import { advised, site } from './samples.ts';

const golden = (name: string): string => path.join(import.meta.dirname, 'golden', `advice-${name}.txt`);

for (const name of Object.keys(dialects) as Dialect[])
  test(`advice for ${dialects[name].title} is as in test/boot/golden`, (t) => {
    // UPDATE_GOLDEN=1 writes the files anew, for `git diff` to judge.
    if (process.env['UPDATE_GOLDEN']) writeFileSync(golden(name), advised(name));
    t.is(advised(name), readFileSync(golden(name), 'utf8'));
  });

test('every firmware that we have a loader for is in every advice', (t) => {
  const rows = firmwareTable({ ...site, serverAddress: '10.77.0.1' });
  t.true(rows.length >= 7);
  for (const name of ['isc', 'kea', 'dnsmasq', 'windows', 'mikrotik'] as const)
    for (const { bootfile } of rows) t.true(advised(name).includes(bootfile), `${bootfile} for ${name}`);
});

test('iPXE that another server sends to us asks for the script of its own MAC', (t) => {
  const script = renderIpxeEntry('http://10.77.0.1:8080');
  t.regex(script, /^#!ipxe\n/);
  t.true(script.includes(`iseq \${platform}-\${buildarch} efi-x86_64 && set arch uefi-x64 ||\n`));
  const wanted = `chain --replace http://10.77.0.1:8080/boot/ipxe?mac=\${netX/mac}&uuid=\${uuid}&arch=\${arch}\n`;
  t.true(script.includes(wanted));
});

test('dnsmasq, Kea and ISC dhcpd with the advised settings give every firmware the right file', async (t) => {
  const seen = (await enterRoom(t, 'advised-servers.ts')) as Record<string, Record<string, object>>;
  const script = 'http://10.77.0.1:8080/boot/ipxe';
  const http = (file: string) => ({ file: `http://10.77.0.1:8080/boot/files/loaders/${file}`, isHttp: true });
  const tftp = (file: string) => ({ siaddr: '10.77.0.1', file: `loaders/${file}`, isHttp: false });
  for (const server of ['dnsmasq', 'kea', 'isc']) {
    t.like(
      seen[server],
      {
        bios: tftp('undionly.kpxe'),
        ia32: tftp('shimia32.efi'),
        x64: tftp('shimx64.efi'),
        x64too: tftp('shimx64.efi'),
        arm64: tftp('shimaa64.efi'),
        ipxe: { file: script },
        ipxeUefi: { file: script },
        http: http('shimx64.efi'),
        httpArm: http('shimaa64.efi'),
      },
      server,
    );
    t.like(seen[server]?.['plain'], { isHttp: false }, `${server}: who does not boot`);
  }
});
