import type { Random } from './random.ts';

/** Makes another packet of one; `other` is one more of the same protocol. May change `packet` in place. */
export type Mutation = (random: Random, packet: Buffer, other: Buffer) => Buffer;

const extremes = [0, 1, 0x7f, 0x80, 0xfe, 0xff];

const flipBit: Mutation = (random, packet) => {
  const at = random.below(packet.length);
  packet[at] = (packet[at] ?? 0) ^ (1 << random.below(8));
  return packet;
};

const setByte: Mutation = (random, packet) => {
  packet[random.below(packet.length)] = random.below(2) === 0 ? random.pick(extremes) : random.below(256);
  return packet;
};

const truncate: Mutation = (random, packet) => packet.subarray(0, random.below(packet.length + 1));

/** The front of one and the back of another. */
const splice: Mutation = (random, packet, other) =>
  Buffer.concat([
    packet.subarray(0, random.below(packet.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ]);

const repeatPart: Mutation = (random, packet) => {
  const start = random.below(packet.length);
  const end = start + 1 + random.below(packet.length - start);
  const copies = Array.from({ length: 1 + random.below(8) }, () => packet.subarray(start, end));
  return Buffer.concat([packet.subarray(0, end), ...copies, packet.subarray(end)]);
};

const fillPart: Mutation = (random, packet) => {
  const start = random.below(packet.length);
  return packet.fill(
    random.pick([0, 0xff, 0x2e, 0x41]),
    start,
    start + 1 + random.below(packet.length - start),
  );
};

const common: readonly Mutation[] = [flipBit, setByte, truncate, splice, repeatPart, fillPart];

const optionsStart = 240;

/** Where each option of a DHCP packet begins, as far as it can be read. */
const optionStarts = (packet: Buffer): number[] => {
  const starts: number[] = [];
  for (let at = optionsStart; at + 1 < packet.length && packet[at] !== 255; ) {
    starts.push(at);
    at += packet[at] === 0 ? 1 : 2 + (packet[at + 1] ?? 0);
  }
  return starts;
};

const lieAboutLength: Mutation = (random, packet) => {
  const starts = optionStarts(packet);
  if (starts.length > 0) packet[random.pick(starts) + 1] = random.pick([...extremes, random.below(256)]);
  return packet;
};

/** An option once more, elsewhere, perhaps under another's number. */
const repeatOption: Mutation = (random, packet) => {
  const starts = optionStarts(packet);
  if (starts.length === 0) return packet;
  const start = random.pick(starts);
  const option = Buffer.from(packet.subarray(start, start + 2 + (packet[start + 1] ?? 0)));
  if (random.below(2) === 0) option[0] = random.below(256);
  const at = random.pick(starts);
  return Buffer.concat([packet.subarray(0, at), option, packet.subarray(at)]);
};

/** `file` and `sname` are said to hold options (52). */
const overload: Mutation = (random, packet) => {
  if (packet.length < optionsStart) return packet;
  return Buffer.concat([
    packet.subarray(0, optionsStart),
    Buffer.from([52, 1, random.below(4)]),
    packet.subarray(optionsStart),
  ]);
};

/** Puts back what the first checks look at, so that the rest is read: operation, lengths, cookie, an end mark. */
const mendFrame: Mutation = (_random, packet) => {
  if (packet.length < optionsStart) return packet;
  packet.set([1, 1, 6]);
  packet.writeUInt32BE(0x63825363, optionsStart - 4);
  return Buffer.concat([packet, Buffer.from([255])]);
};

/** Bits and bytes of the options, where most of the meaning is. */
const setOptionByte: Mutation = (random, packet, other) => {
  if (packet.length > optionsStart) setByte(random, packet.subarray(optionsStart), other);
  return packet;
};

export const dhcpMutations = [
  ...common,
  setOptionByte,
  setOptionByte,
  lieAboutLength,
  repeatOption,
  repeatOption,
  overload,
  mendFrame,
  mendFrame,
];

/** A NUL more or less moves every text of a TFTP request. */
const moveNul: Mutation = (random, packet) => {
  const at = packet.indexOf(0, 1 + random.below(packet.length));
  if (at < 0) return packet;
  return random.below(2) === 0
    ? Buffer.concat([packet.subarray(0, at), packet.subarray(at + 1)])
    : Buffer.concat([packet.subarray(0, at), Buffer.from([0]), packet.subarray(at)]);
};

export const tftpMutations = [...common, moveNul];

/** What UDP can carry, in bytes. */
const longestDatagram = 65_507;

/** A packet of `corpus` with one to four mutations, the same for the same state of `random`. */
export const mutated = (
  random: Random,
  corpus: readonly Buffer[],
  mutations: readonly Mutation[],
): Buffer => {
  let packet: Buffer = Buffer.from(random.pick(corpus));
  for (let count = 1 + random.below(2) * random.below(4); count > 0 && packet.length > 0; count--)
    packet = random.pick(mutations)(random, packet, random.pick(corpus)).subarray(0, longestDatagram);
  return packet;
};
