import test from 'ava';
import { orderUntil } from '../../src/lab/following.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { stockSource } from '../../src/lab/stock.ts';
import { netbootFiles } from '../e2e/debian-install/mirror/files.ts';
import { inventory } from '../fleet/samples.ts';
import { assertTrace } from './steps.ts';
import { cacheFolder, openVirtualRoom } from './virtual-room.ts';

/** Text on a serial line is emulated ten times as fast as a picture. */
const installerMs = 10 * 60_000;

test('Debian’s installer starts out of its source and fetches its answer: iPXE on BIOS, GRUB with Secure Boot on', async (t) => {
  const netboot = await netbootFiles(cacheFolder, (step) => t.log(step));
  const room = await openVirtualRoom(t, { settings: 'boot:\n  kernelArguments: console=ttyS0\n' });
  const { client } = room;
  const server = `http://${room.room.address}:8080`;
  await stockSource(client, 'debian-13', netboot);
  const layout = { system: 'debian', release: '13', disk: { fileSystem: 'ext4' } } as const;
  await client.addProfile({ body: { name: 'lab', source: 'debian-13', ...layout } });

  /** The PC as an agent would register it: its own first start is shown elsewhere. */
  const register = async (mac: string, firmware: 'bios' | 'uefi'): Promise<string> => {
    const script = await (await fetch(`${server}/boot/ipxe?mac=${mac}`)).text();
    const [, token] = /greif\.token=(\S+)/.exec(script) ?? [];
    const found = { ...inventory([mac]), firmware, secureBoot: firmware === 'uefi' || null };
    const body = { token, agentBootId: `boot-${mac}`, agentVersion: '0.1.0', inventory: found };
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`${server}/agent/v1/check-in`, init);
    return ((await answer.json()) as { machine: { id: string } }).machine.id;
  };

  const startInstaller = async (number: number, firmware: 'bios' | 'secureboot') => {
    const pc = await room.addPc(standardPc(number, firmware));
    const machine = await register(pc.parts.mac, firmware === 'bios' ? 'bios' : 'uefi');
    const hostName = `installed-0${number}`;
    const order = await client.fileOrder({ body: { kind: 'install', machine, profile: 'lab', hostName } });
    pc.powerOn();
    await orderUntil(client, order.id, ({ state }) => state === 'installing', installerMs);
    await assertTrace(t, pc, room, ['plan install', 'order agent installing']);
    const events = await client.orderEvents({ params: { id: order.id } });
    t.true(
      events.some(({ cause }) => /^preseed\.cfg of the answer was fetched by \S+ over TLS$/.test(cause)),
    );
    await pc.powerOff();
  };
  await Promise.all([startInstaller(1, 'bios'), startInstaller(2, 'secureboot')]);
});
