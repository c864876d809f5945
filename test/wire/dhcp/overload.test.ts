import test from 'ava';
import fc from 'fast-check';
import { maximumLengthFor } from '../../../src/wire/dhcp/maximum-length.ts';
import { options, writeOption } from '../../../src/wire/dhcp/options.ts';
import { type DhcpPacket, decodePacket, encodePacket } from '../../../src/wire/dhcp/packet.ts';
import { MalformedPacket } from '../../../src/wire/reader.ts';
import { edk2Discover } from './captured.ts';
import { optionCode, packetWith, sorted } from './samples.ts';

const blank = { ...decodePacket(edk2Discover), sname: '', file: '' };
/** `lengths`: option number → bytes of its value. */
const encode = (lengths: Record<number, number>, limit: number, more: Partial<DhcpPacket> = {}): Buffer => {
  const list = Object.entries(lengths).map(
    ([code, length]) => [Number(code), Buffer.alloc(length, Number(code))] as const,
  );
  return encodePacket({ ...blank, ...more, options: new Map(list) }, limit);
};

/** About as many bytes as a packet can take. */
const longOptions = fc
  .array(fc.tuple(optionCode, fc.noBias(fc.integer({ min: 0, max: 280 }))), { minLength: 2, maxLength: 5 })
  .map((list) => new Map(list.map(([code, length]) => [code, Buffer.alloc(length, length)])));

test('whatever fits into the client’s limit is read again; the rest is refused', (t) => {
  let [overloaded, refused] = [0, 0];
  fc.assert(
    fc.property(packetWith(longOptions), fc.integer({ min: 300, max: 700 }), (packet, limit) => {
      try {
        const encoded = encodePacket(packet, limit);
        t.true(encoded.length <= limit);
        t.deepEqual(sorted(decodePacket(encoded)), sorted(packet));
        if (encodePacket(packet).length > limit) overloaded += 1;
      } catch (fault) {
        if (!(fault instanceof MalformedPacket)) throw fault;
        refused += 1;
      }
    }),
    { seed: 52, numRuns: 500 },
  );
  t.true(overloaded > 20 && refused > 20, `${overloaded} overloaded, ${refused} refused`);
});

test('options that do not fit go into file, then sname, whole', (t) => {
  // 308 bytes are there: 3 for option 52, 252, 52, and the end mark.
  const encoded = encode({ 12: 250, 15: 100, 17: 61, 40: 50 }, 548);
  t.is(encoded.length, 548);
  t.is(encoded.toString('hex', 240, 243), '340103');
  t.deepEqual([...encoded.subarray(243, 245)], [12, 250]);
  t.deepEqual([...encoded.subarray(495, 497)], [40, 50]);
  t.is(encoded[547], 255);
  t.deepEqual([...encoded.subarray(108, 110)], [15, 100]);
  t.is(encoded[210], 255);
  t.deepEqual([...encoded.subarray(44, 46)], [17, 61]);
  t.is(encoded[107], 255);
});

test('an option that fits nowhere whole is split over the fields (RFC 3396)', (t) => {
  const encoded = encode({ 12: 200, 67: 200 }, 548);
  t.deepEqual(decodePacket(encoded).options.get(67), Buffer.alloc(200, 67));
  t.is(encoded[242], 1);
});

test('fields in use are left alone', (t) => {
  const used = { file: 'loaders/shimx64.efi' };
  const packet = decodePacket(encode({ 12: 280, 15: 40 }, 548, used));
  t.is(packet.file, used.file);
  t.is(packet.options.get(15)?.length, 40);
  t.throws(() => encode({ 12: 280, 15: 80 }, 548, used), {
    instanceOf: MalformedPacket,
    message: /does not fit/,
  });
});

test('relay agent information stays where relays look for it, and last', (t) => {
  const encoded = encode({ 12: 250, 82: 100 }, 548);
  t.deepEqual([...encoded.subarray(243, 245)], [12, 200]);
  t.deepEqual([...encoded.subarray(445, 447)], [82, 100]);
  t.is(encoded[547], 255);
  t.is(decodePacket(encoded).options.get(12)?.length, 250);
  t.throws(() => encode({ 82: 310 }, 548), { instanceOf: MalformedPacket, message: /do not fit/ });
});

test('an empty option that has no room is refused, not lost', (t) => {
  const full = { 12: 300, 15: 125, 17: 61 };
  t.is(decodePacket(encode(full, 548)).options.size, 3);
  t.throws(() => encode({ ...full, 40: 0 }, 548), { instanceOf: MalformedPacket });
});

test('a client’s limit is that of option 57 less the headers, and 548 at least', (t) => {
  const limit = (...list: [number, Buffer][]) => maximumLengthFor({ options: new Map(list) });
  t.is(limit(writeOption(options.maximumMessageSize, 1500)), 1472);
  t.is(limit(writeOption(options.maximumMessageSize, 100)), 548);
  t.is(limit([57, Buffer.alloc(1)]), 548);
  t.is(limit(), 548);
  t.is(maximumLengthFor(decodePacket(edk2Discover)), 1444);
});
