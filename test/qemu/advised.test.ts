import test from 'ava';
import { spawnBound, stop } from '../../src/lab/child.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { discover } from './steps.ts';
import { openVirtualRoom, type VirtualRoom } from './virtual-room.ts';

/** The site's own DHCP server, told what we advise; it has the room's port 67, as the appliance answers no DHCP here. */
const startAdvised = async ({ room, client }: VirtualRoom) => {
  const [advice] = await client.dhcpAdvice({ query: { for: 'dnsmasq' } });
  const settings = advice?.settings.split('\n').filter((line) => line !== '' && !line.startsWith('#')) ?? [];
  const args = [
    ...['--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--user=root', '--leasefile-ro'],
    ...[`--interface=${room.bridge}`, '--dhcp-authoritative', '--dhcp-range=10.77.0.100,10.77.0.150,1h'],
    ...settings.map((line) => `--${line}`),
  ];
  return spawnBound('dnsmasq', args, { stdio: ['ignore', 'ignore', 'inherit'] });
};

test('a site’s own DHCP server with the advised settings starts iPXE, and UEFI with Secure Boot, to the agent', async (t) => {
  const room = await openVirtualRoom(t, { dhcp: 'off', ownImages: true });
  const dnsmasq = await startAdvised(room);
  t.teardown(() => stop(dnsmasq, 'SIGKILL'));
  for (const [index, firmware] of (['bios', 'secureboot'] as const).entries()) {
    const pc = await room.addPc(standardPc(index + 1, firmware));
    const { inventory } = await discover(pc, room);
    t.is(inventory.firmware, firmware === 'bios' ? 'bios' : 'uefi');
    t.is(inventory.secureBoot, firmware === 'bios' ? null : true);
    await pc.powerOff();
  }
  const { interfaces } = await room.client.dhcpStatus();
  t.like(interfaces, [{ dhcp: 'off', condition: 'up', addresses: ['10.77.0.1'] }]);
});
