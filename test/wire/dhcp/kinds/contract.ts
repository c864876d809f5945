import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { Kind } from '../../../../src/wire/dhcp/kinds/kind.ts';
import { MalformedPacket } from '../../../../src/wire/reader.ts';
import { bytes } from '../samples.ts';

/** What a kind reads from bytes, or that it refuses them. Any other error goes through. */
const readOrRefused = <Value>(kind: Kind<Value>, from: Buffer): Value | 'refused' => {
  try {
    return kind.decode(from);
  } catch (fault) {
    if (fault instanceof MalformedPacket) return 'refused';
    throw fault;
  }
};

/** The same bytes in the middle of others: a reader that overruns its end sees a difference. */
const amidOthers = (value: Buffer): Buffer =>
  Buffer.concat([Buffer.alloc(9, 0x41), value, Buffer.alloc(300, 0x41)]).subarray(9, 9 + value.length);

/**
 * What every kind promises: it reads what it wrote, and reads or refuses whatever else there is (with the one error, never beyond
 * its end), each truncation of a good value among it.
 */
export const keepsContract = <Value>(t: ExecutionContext, kind: Kind<Value>, values: fc.Arbitrary<Value>) => {
  const sameAmidOthers = (from: Buffer) =>
    t.deepEqual(readOrRefused(kind, amidOthers(from)), readOrRefused(kind, Buffer.from(from)));
  fc.assert(
    fc.property(values, (value) => {
      const encoded = kind.encode(value);
      t.deepEqual(kind.decode(encoded), value);
      for (let length = 0; length <= encoded.length; length++) sameAmidOthers(encoded.subarray(0, length));
    }),
  );
  fc.assert(fc.property(bytes(80), sameAmidOthers));
};

/** Hex that must be refused. */
export const refusesBytes = (t: ExecutionContext, kind: Kind<unknown>, ...samples: string[]) => {
  for (const sample of samples)
    t.throws(() => kind.decode(Buffer.from(sample, 'hex')), { instanceOf: MalformedPacket }, sample);
};

/** Values that cannot be written. */
export const refusesValues = <Value>(t: ExecutionContext, kind: Kind<Value>, ...values: Value[]) => {
  for (const value of values)
    t.throws(() => kind.encode(value), { instanceOf: MalformedPacket }, JSON.stringify(value));
};

/** Bytes that are on record somewhere, both ways. */
export const isWritten = <Value>(t: ExecutionContext, kind: Kind<Value>, value: Value, hex: string) => {
  t.is(kind.encode(value).toString('hex'), hex);
  t.deepEqual(kind.decode(Buffer.from(hex, 'hex')), value);
};
