import { MalformedPacket } from '../../reader.ts';
import type { Kind } from './kind.ts';

/** One value or more of a kind whose values all have `width` bytes. An empty list is refused both ways. */
export const list = <Value>(kind: Kind<Value>, width: number): Kind<Value[]> => ({
  decode(bytes) {
    if (bytes.length === 0 || bytes.length % width !== 0)
      throw new MalformedPacket(`a list of ${width}-byte values cannot have ${bytes.length} bytes`);
    const values: Value[] = [];
    for (let at = 0; at < bytes.length; at += width) values.push(kind.decode(bytes.subarray(at, at + width)));
    return values;
  },
  encode(values) {
    if (values.length === 0) throw new MalformedPacket('a list of values is empty');
    return Buffer.concat(values.map((value) => kind.encode(value)));
  },
});
