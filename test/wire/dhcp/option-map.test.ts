import test from 'ava';
import fc from 'fast-check';
import { decodeOptions, optionsLength, putOptions } from '../../../src/wire/dhcp/option-map.ts';
import { MalformedPacket } from '../../../src/wire/reader.ts';
import { optionMap } from './samples.ts';

const encode = (options: Map<number, Buffer>): Buffer => {
  const bytes = Buffer.alloc(optionsLength(options));
  return bytes.subarray(0, putOptions(bytes, 0, options));
};

test('options are read as written, long and empty ones too, and their length is known before', (t) => {
  fc.assert(
    fc.property(optionMap(800, 8), (options) => {
      const bytes = encode(options);
      t.is(bytes.length, optionsLength(options));
      t.deepEqual(decodeOptions(bytes), options);
    }),
  );
});

test('parts of an option are joined wherever they stand (RFC 3396), pads are passed over', (t) => {
  const bytes = Buffer.from([0, 12, 1, 0x61, 0, 0, 67, 1, 0x78, 12, 0, 12, 2, 0x62, 0x63, 255, 12, 1, 0x64]);
  t.deepEqual(
    decodeOptions(bytes),
    new Map([
      [12, Buffer.from('abc')],
      [67, Buffer.from('x')],
    ]),
  );
});

test('an option in very many parts is read', (t) => {
  const bytes = Buffer.concat(Array.from({ length: 21_000 }, () => Buffer.from([12, 1, 0x61])));
  t.deepEqual(decodeOptions(bytes), new Map([[12, Buffer.alloc(21_000, 'a')]]));
});

test('the end mark may be missing, but not the end of a value', (t) => {
  t.deepEqual(decodeOptions(Buffer.from([12, 1, 0x61])), new Map([[12, Buffer.from('a')]]));
  for (const cut of [[12], [12, 1], [12, 2, 0x61], [0, 0, 12]])
    t.throws(() => decodeOptions(Buffer.from(cut)), { instanceOf: MalformedPacket });
});
