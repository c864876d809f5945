import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import { bootFolder } from '../../src/boot/boot-folder.ts';
import { renderProxyReply, renderReply } from '../../src/boot/dhcp/reply.ts';
import { withPiFiles } from '../../src/boot/raspberry-pi.ts';
import { startTftpServer } from '../../src/boot/tftp/server.ts';
import { silentLog } from '../../src/core/log.ts';
import { options, readOption } from '../../src/wire/dhcp/options.ts';
import { decodePacket, encodePacket } from '../../src/wire/dhcp/packet.ts';
import { ipxe, pxe, requestOf, scope, site } from './samples.ts';
import { temporaryFolder } from './temporary.ts';

const run = promisify(execFile);
const pi4 = 'dc:a6:32:01:02:03';

test('the ROM of a Raspberry Pi is offered what it looks for: option 43 with its text', (t) => {
  const request = requestOf('DHCPDISCOVER', { mac: pi4, more: pxe(0) });
  const plan = { kind: 'offer', address: '10.0.0.100' } as const;
  for (const reply of [renderReply(request, plan, scope, site), renderProxyReply(request, site, 'dhcp')]) {
    if (!reply) return t.fail('no reply');
    const received = decodePacket(encodePacket(reply));
    t.is(readOption(received, options.vendorClass), 'PXEClient');
    t.is(
      received.options.get(options.vendorInformation.code)?.toString('latin1'),
      '\x06\x01\x03\x09\x14\0\0\x11Raspberry Pi Boot\x0a\x04\0PXE\xff',
    );
    t.is(received.siaddr, '10.0.0.1');
    t.is(readOption(received, options.tftpServerName), '10.0.0.1');
  }
});

test('a Pi with UEFI firmware, or in iPXE, is a PC like others; a PC is no Pi', (t) => {
  const fileFor = (mac: string, more: [number, Buffer][]) =>
    renderProxyReply(requestOf('DHCPDISCOVER', { mac, more }), site, 'dhcp')
      ?.options.get(options.bootfileName.code)
      ?.toString();
  t.is(fileFor(pi4, pxe(0)), 'bootcode.bin');
  t.is(fileFor(pi4, pxe(11)), 'loaders/shimaa64.efi');
  t.regex(fileFor(pi4, ipxe(11)) ?? '', /\/boot\/ipxe\?mac=dc:a6:32:01:02:03/);
  t.is(fileFor('52:54:00:01:02:03', pxe(0)), 'loaders/undionly.kpxe');
});

test('a Pi asks below its serial number: its own folder wins over the common one, and nothing else is reached', async (t) => {
  const folder = await temporaryFolder(t, {
    'rpi/start4.elf': 'common firmware',
    'rpi/config.txt': 'common settings',
    'rpi/bootcode.bin': 'for older ones',
    'rpi/9ffefdef/config.txt': 'its own settings',
    'rpi/dc-a6-32-01-02-03/config.txt': 'by MAC',
    'agent/vmlinuz': 'kernel',
  });
  const server = await startTftpServer({
    address: '127.0.0.1',
    port: 0,
    files: withPiFiles(bootFolder(folder)),
    log: silentLog,
  });
  t.teardown(() => server.close());
  const get = async (path: string): Promise<string> =>
    (
      await run('curl', [
        '--silent',
        '--show-error',
        '--path-as-is',
        `tftp://127.0.0.1:${server.port}/${path}`,
      ])
    ).stdout;
  t.is(await get('9ffefdef/start4.elf'), 'common firmware');
  t.is(await get('9ffefdef/config.txt'), 'its own settings');
  t.is(await get('12345678/config.txt'), 'common settings');
  t.is(await get('dc-a6-32-01-02-03/config.txt'), 'by MAC');
  t.is(await get('bootcode.bin'), 'for older ones');
  t.is(await get('agent/vmlinuz'), 'kernel');
  await t.throwsAsync(get('9ffefdef/start.elf'), { code: 68 as unknown as string }, 'curl: no such file');
  await t.throwsAsync(get('9ffefdef/../../agent/vmlinuz'));
});
