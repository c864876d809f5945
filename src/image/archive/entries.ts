import type { FileHandle } from 'node:fs/promises';
import type { GreifError } from '../../core/errors.ts';
import { sourceFault } from '../import/source-fault.ts';
import { type Member, memberOf } from './members.ts';
import { blockBytes, decodeHeader, endBytes, paddingOf } from './ustar.ts';
import { readWindows } from './window.ts';

/** Where the bytes of a member are. */
export interface Place {
  member: Member;
  at: number;
  sizeBytes: number;
}

/** Steps through an export without reading more than headers. Throws IMAGE_SOURCE_INVALID for whatever an export does not have. */
export const openEntries = (file: string, handle: FileHandle) => {
  const read = readWindows(handle);
  const fault = (problem: string): GreifError =>
    sourceFault(file, `${problem}; copy it again from where it was exported`);
  const exactly = async (at: number, length: number): Promise<Buffer> => {
    const bytes = await read(at, length);
    if (bytes.length < length) throw fault('it is cut short');
    return bytes;
  };

  return {
    fault,
    /** The members from a header on; ends at the mark of the end, without which the file is cut short. */
    async *from(header: number): AsyncGenerator<Place> {
      for (let at = header; ; ) {
        const entry = decodeHeader(await exactly(at, blockBytes));
        if (entry === 'end') return void (await exactly(at, endBytes));
        if ('problem' in entry) throw fault(entry.problem);
        const member = memberOf(entry.name);
        if (!member) throw fault(`"${entry.name.slice(0, 80)}" does not belong into an export`);
        const place = { member, at: at + blockBytes, sizeBytes: entry.sizeBytes };
        yield place;
        at = place.at + place.sizeBytes + paddingOf(place.sizeBytes);
      }
    },
    /** The bytes of a member, never more than it can have. */
    async bytes({ member, at, sizeBytes }: Place, mostBytes: number): Promise<Buffer> {
      if (sizeBytes > mostBytes) throw fault(`its ${member.kind} would have ${sizeBytes} bytes`);
      return Buffer.from(await exactly(at, sizeBytes));
    },
  };
};

export type Entries = ReturnType<typeof openEntries>;
