import test from 'ava';
import { startSiteDhcp } from '../../src/lab/site-dhcp.ts';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { assertReachesAgent } from './boot-steps.ts';
import { openVirtualRoom } from './virtual-room.ts';

test('beside dnsmasq, which gives the addresses, BIOS and UEFI with Secure Boot on reach the agent', async (t) => {
  const room = await openVirtualRoom(t, { ownImages: true, dhcp: 'proxy' });
  const site = await startSiteDhcp(room.room);
  t.teardown(() => site.close());
  const [bios, uefi] = [standardPc(1, 'bios'), standardPc(2, 'secureboot')];
  await assertReachesAgent(t, room, bios, {
    firmware: 'bios',
    secureBoot: null,
    // The card's ROM is iPXE itself, which needs no loader.
    bootfile: /^http:.*\/boot\/ipxe\?mac=/,
    transport: 'http',
  });
  await assertReachesAgent(t, room, uefi, {
    firmware: 'uefi',
    secureBoot: true,
    bootfile: /^loaders\/shimx64\.efi$/,
    transport: 'tftp',
  });
  for (const { mac } of [bios, uefi]) t.regex(site.log(), new RegExp(`DHCPACK\\(site\\) \\S+ ${mac}`));
});
