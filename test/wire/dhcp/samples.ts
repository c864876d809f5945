import fc from 'fast-check';
import type { DhcpPacket } from '../../../src/wire/dhcp/packet.ts';

/** Values for property tests. */
export const address = fc
  .oneof(
    { weight: 5, arbitrary: fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)) },
    { weight: 1, arbitrary: fc.constant([0, 0, 0, 0]) },
  )
  .map((numbers) => numbers.join('.'));

export const bytes = (maxLength: number, minLength = 0) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));

const byteCharacter = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
/** Text that DHCP can hold: Latin-1 without NULs. */
export const byteText = (maxLength: number, minLength = 0) =>
  fc.string({ minLength, maxLength, unit: byteCharacter });

/** 52 says that `file` and `sname` hold options: it belongs to the encoding, not to the value. */
export const optionCode = fc.integer({ min: 1, max: 254 }).filter((code) => code !== 52);

export const optionMap = (valueLength: number, maxLength: number) =>
  fc.array(fc.tuple(optionCode, bytes(valueLength)), { maxLength }).map((list) => new Map(list));

export const packetWith = (options: fc.Arbitrary<Map<number, Buffer>>): fc.Arbitrary<DhcpPacket> =>
  fc.record({
    op: fc.constantFrom('BOOTREQUEST', 'BOOTREPLY'),
    htype: fc.nat(255),
    hops: fc.nat(255),
    xid: fc.nat(0xffffffff),
    secs: fc.nat(0xffff),
    broadcast: fc.boolean(),
    ciaddr: address,
    yiaddr: address,
    siaddr: address,
    giaddr: address,
    chaddr: bytes(16),
    sname: fc.oneof(fc.constant(''), byteText(63)),
    file: fc.oneof(fc.constant(''), byteText(127)),
    options,
  });

/** With the options by number: 82 goes last whatever its place, and overloaded ones go where there is room. */
export const sorted = (packet: DhcpPacket) => ({
  ...packet,
  options: new Map([...packet.options].toSorted(([one], [other]) => one - other)),
});
