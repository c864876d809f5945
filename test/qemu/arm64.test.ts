import path from 'node:path';
import test from 'ava';
import { standardPc } from '../../src/lab/standard-pc.ts';
import { prepareBootFolder } from '../../src/setup/boot-folder/prepare.ts';
import { assertReachesAgent } from './boot-steps.ts';
import { openVirtualRoom } from './virtual-room.ts';

test('ARM64 with Secure Boot on reaches the agent', async (t) => {
  // Before the room is entered: inside there is no way to Debian's mirror.
  await prepareBootFolder({
    projectFolder: path.resolve(import.meta.dirname, '../..'),
    architectures: ['arm64'],
    report: (line) => t.log(line),
  });
  const room = await openVirtualRoom(t, { ownImages: true });
  await assertReachesAgent(t, room, standardPc(1, 'arm64'), {
    firmware: 'uefi',
    secureBoot: true,
    bootfile: /^loaders\/shimaa64\.efi$/,
    transport: 'tftp',
  });
});
