import test from 'ava';
import fc from 'fast-check';
import { MalformedPacket } from '../../src/wire/reader.ts';
import { decodeTftp, encodeTftp, type TftpPacket, writeDataHeader } from '../../src/wire/tftp/packet.ts';

const text = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) });
const word = text.filter((value) => value !== '');
const optionName = fc.stringMatching(/^[a-z]{1,12}$/);
const optionMap = fc.array(fc.tuple(optionName, text), { maxLength: 6 }).map((list) => new Map(list));
const block = fc.nat(0xffff);

const packet: fc.Arbitrary<TftpPacket> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('RRQ' as const, 'WRQ' as const),
    filename: word,
    mode: optionName,
    options: optionMap,
  }),
  fc.record({
    kind: fc.constant('DATA' as const),
    block,
    data: fc.uint8Array({ maxLength: 1468 }).map((array) => Buffer.from(array)),
  }),
  fc.record({ kind: fc.constant('ACK' as const), block }),
  fc.record({ kind: fc.constant('ERROR' as const), code: fc.nat(8), message: text }),
  fc.record({ kind: fc.constant('OACK' as const), options: optionMap }),
);

test('what was encoded decodes to the same', (t) => {
  fc.assert(fc.property(packet, (value) => t.deepEqual(decodeTftp(encodeTftp(value)), value)));
});

test('random bytes decode or are refused with the one error', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(7), (noise, opcode) => {
      try {
        decodeTftp(Buffer.concat([Buffer.from([0, opcode]), noise]));
      } catch (fault) {
        if (!(fault instanceof MalformedPacket)) throw fault;
      }
    }),
  );
  t.pass();
});

test('every request cut short is refused, or loses whole options only', (t) => {
  const request = encodeTftp({
    kind: 'RRQ',
    filename: 'loaders/shimx64.efi',
    mode: 'octet',
    options: new Map([
      ['tsize', '0'],
      ['blksize', '1468'],
    ]),
  });
  const ends = new Set([28, 36, 49]);
  for (let length = 0; length <= request.length; length++) {
    const decode = () => decodeTftp(request.subarray(0, length));
    if (ends.has(length)) t.notThrows(decode, `${length} bytes`);
    else t.throws(decode, { instanceOf: MalformedPacket }, `${length} bytes`);
  }
});

test('option names know no case, the first of two counts, padding ends the options', (t) => {
  const raw = Buffer.from('\0\x01f\0OCTET\0BlkSize\x001024\0blksize\x00512\0\0\0\0', 'latin1');
  t.deepEqual(decodeTftp(raw), {
    kind: 'RRQ',
    filename: 'f',
    mode: 'octet',
    options: new Map([['blksize', '1024']]),
  });
});

test('an error whose message lacks its end is read', (t) => {
  t.deepEqual(decodeTftp(Buffer.from('\0\x05\0\x08User aborted', 'latin1')), {
    kind: 'ERROR',
    code: 8,
    message: 'User aborted',
  });
});

test('unknown operations, empty datagrams and empty file names are refused', (t) => {
  for (const raw of ['', '\0', '\0\0', '\0\x07', '\0\x01', '\0\x01\0octet\0'])
    t.throws(() => decodeTftp(Buffer.from(raw, 'latin1')), { instanceOf: MalformedPacket });
});

test('a text with a NUL is not encoded', (t) => {
  t.throws(() => encodeTftp({ kind: 'ERROR', code: 0, message: 'a\0b' }), { instanceOf: MalformedPacket });
});

test('a data header is the first four bytes of a data packet', (t) => {
  const data = Buffer.from('x');
  const datagram = Buffer.alloc(4 + data.length);
  data.copy(datagram, writeDataHeader(65535, datagram, 0));
  t.deepEqual(datagram, encodeTftp({ kind: 'DATA', block: 65535, data }));
});
