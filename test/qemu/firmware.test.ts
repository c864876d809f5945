import test from 'ava';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { assertReachesAgent } from './boot-steps.ts';
import { openVirtualRoom } from './virtual-room.ts';

test('BIOS with another card, UEFI HTTP boot with Secure Boot on, and 32-bit UEFI reach the agent', async (t) => {
  const room = await openVirtualRoom(t, { ownImages: true });
  await assertReachesAgent(t, room, standardPc(1, 'bios'), {
    firmware: 'bios',
    secureBoot: null,
    // The card's ROM is iPXE itself, which needs no loader.
    bootfile: /^http:.*\/boot\/ipxe\?mac=/,
    transport: 'http',
  });
  const overHttp = { ...standardPc(2, 'secureboot'), netBoot: 'http' } as const;
  await assertReachesAgent(t, room, overHttp, {
    firmware: 'uefi',
    secureBoot: true,
    bootfile: /^http:.*\/boot\/files\/loaders\/shimx64\.efi$/,
    transport: 'http',
  });
  await assertReachesAgent(t, room, standardPc(3, 'ia32'), {
    firmware: 'uefi',
    secureBoot: false,
    bootfile: /^loaders\/shimia32\.efi$/,
    transport: 'tftp',
  });
});
