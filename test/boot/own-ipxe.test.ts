import test from 'ava';
import { chooseBootfile } from '../../src/boot/loader.ts';
import { findOwnIpxe } from '../../src/boot/own-ipxe.ts';
import { renderIpxeScript } from '../../src/boot/scripts/ipxe.ts';
import { sha256Hex } from '../../src/core/ids.ts';
import type { Log } from '../../src/core/log.ts';
import { parseMac } from '../../src/core/mac.ts';
import { site } from './samples.ts';
import { temporaryFolder } from './temporary.ts';

const keepingLog = () => {
  const lines: [string, Record<string, unknown> | undefined][] = [];
  const keep = (message: string, fields?: Record<string, unknown>) => void lines.push([message, fields]);
  const log = { info: keep, warn: keep } as unknown as Log;
  return { log, lines };
};

const client = { mac: parseMac('52:54:00:00:00:01'), arch: 'uefi-x64' } as const;
const offered = (ownIpxe: Awaited<ReturnType<typeof findOwnIpxe>>, loader: 'shim' | 'ipxe') =>
  chooseBootfile(
    { ...client, stage: 'firmware', transport: 'tftp', isRaspberryPi: false },
    { ...site, ownIpxe, loaderOf: () => loader },
  );

test("the operator's signed iPXE is used where iPXE is wanted, by way of its shim, and named in the log", async (t) => {
  const folder = await temporaryFolder(t, {
    'custom/ipxe-shim.efi': 'shim',
    'custom/ipxe.efi': 'ipxe',
    'custom/arm64/ipxe.efi': 'arm',
  });
  const { log, lines } = keepingLog();
  const own = await findOwnIpxe(folder, log);
  t.deepEqual(own, { 'uefi-x64': 'custom/ipxe-shim.efi', 'uefi-arm64': 'custom/arm64/ipxe.efi' });
  t.like(lines[0]?.[1], { shim: sha256Hex('shim'), ipxe: sha256Hex('ipxe') });
  t.is(offered(own, 'ipxe'), 'custom/ipxe-shim.efi');
  t.is(offered(own, 'shim'), 'loaders/shimx64.efi');
  const scripts = { serverUrl: 'http://10.0.0.1:8080', kernelWords: [], ownIpxe: own };
  const boot = { bootId: 'b', token: 't', plan: { kind: 'discover' } } as const;
  t.regex(
    renderIpxeScript(client, boot, scripts),
    /^shim http:\/\/10\.0\.0\.1:8080\/boot\/files\/loaders\/shimx64\.efi \|\| goto failed\nboot /m,
  );
  t.notRegex(renderIpxeScript({ ...client, arch: 'bios' }, boot, scripts), /^shim/m);
});

test('without it, or with a shim that has nothing to start, ours is used', async (t) => {
  t.deepEqual(await findOwnIpxe(await temporaryFolder(t), keepingLog().log), {});
  const { log, lines } = keepingLog();
  const own = await findOwnIpxe(await temporaryFolder(t, { 'custom/ipxe-shim.efi': 'shim' }), log);
  t.is(offered(own, 'ipxe'), 'loaders/snponly.efi');
  t.regex(lines[0]?.[0] ?? '', /ipxe\.efi .* must lie beside it/);
});
