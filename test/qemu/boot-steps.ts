import type { ExecutionContext } from 'ava';
import type { Machine } from '../../src/fleet/machine.ts';
import type { PcParts } from '../../src/lab/qemu.ts';
import { discover } from './steps.ts';
import type { VirtualRoom } from './virtual-room.ts';

/** What a PC must have gone through on its way to the agent. */
export interface WantedWay {
  firmware: Machine['inventory']['firmware'];
  secureBoot: boolean | null;
  /** What the first DHCP offer sends it to. */
  bootfile: RegExp;
  /** By what its first file came. */
  transport: 'tftp' | 'http';
}

/** Switches a new PC on, waits until its agent has registered it, and holds the boot journal against the wanted way. */
export const assertReachesAgent = async (
  t: ExecutionContext,
  room: VirtualRoom,
  parts: PcParts,
  wanted: WantedWay,
): Promise<void> => {
  const pc = await room.addPc(parts);
  const { inventory } = await discover(pc, room);
  await pc.powerOff();
  t.is(inventory.firmware, wanted.firmware, parts.name);
  t.is(inventory.secureBoot, wanted.secureBoot, parts.name);
  const [boot] = await room.client.listBoots({ query: { pc: parts.mac } });
  if (!boot) return t.fail(`${parts.name}: the boot journal knows nothing`);
  const trace = await room.client.traceBoot({ params: { pc: parts.mac, boot: boot.id }, query: {} });
  const steps = trace.boot?.steps ?? [];
  const offer = steps.find(({ kind }) => kind === 'offer' || kind === 'proxy-offer');
  t.regex(offer?.file ?? '', wanted.bootfile, parts.name);
  const sent = steps.filter(({ kind }) => kind === 'tftp-sent' || kind === 'http-sent');
  t.is(sent[0]?.kind, `${wanted.transport}-sent`, parts.name);
  t.true(
    steps.some(({ kind }) => kind === 'check-in'),
    parts.name,
  );
};
