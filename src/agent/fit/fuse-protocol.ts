/**
 * The few messages of the kernel's FUSE protocol (include/uapi/linux/fuse.h, version 7.31) that one plain file needs. All little-endian:
 *
 *     request: u32 length | u32 opcode | u64 unique | u64 node | u32 uid | u32 gid | u32 pid | u32 –   then the opcode's own
 *     answer:  u32 length | s32 -errno  | u64 unique                                                    then the opcode's own
 */

const requestBytes = 40;
const answerBytes = 16;

export const opcode = {
  forget: 2,
  getattr: 3,
  setattr: 4,
  open: 14,
  read: 15,
  write: 16,
  statfs: 17,
  release: 18,
  fsync: 20,
  flush: 25,
  init: 26,
  access: 34,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
} as const;

export const errno = { EIO: 5, ENOSYS: 38 } as const;

/** The largest piece that is read or written at once. */
export const pieceBytes = 1024 * 1024;
/** What a buffer for requests must hold: a whole write with both its headers. */
export const requestBufferBytes = pieceBytes + 4096;

export type FuseRequest = { unique: bigint } & (
  | { kind: 'init' }
  | { kind: 'attributes' }
  | { kind: 'statistics' }
  | { kind: 'open' }
  | { kind: 'read'; position: number; length: number }
  | { kind: 'write'; position: number; bytes: Buffer }
  | { kind: 'sync' }
  /** Taken note of; the answer is empty. */
  | { kind: 'nothing' }
  /** No answer is wanted. */
  | { kind: 'silent' }
  | { kind: 'unknown' }
);

const byOpcode = new Map<
  number,
  'init' | 'attributes' | 'statistics' | 'open' | 'sync' | 'nothing' | 'silent'
>([
  [opcode.init, 'init'],
  [opcode.getattr, 'attributes'],
  [opcode.setattr, 'attributes'],
  [opcode.statfs, 'statistics'],
  [opcode.open, 'open'],
  [opcode.fsync, 'sync'],
  [opcode.flush, 'nothing'],
  [opcode.release, 'nothing'],
  [opcode.access, 'nothing'],
  [opcode.destroy, 'nothing'],
  [opcode.forget, 'silent'],
  [opcode.batchForget, 'silent'],
  [opcode.interrupt, 'silent'],
]);

/** `bytes` are a view: a write's must be used before the buffer is. */
export const decodeRequest = (bytes: Buffer): FuseRequest => {
  const operation = bytes.readUInt32LE(4);
  const unique = bytes.readBigUInt64LE(8);
  if (operation === opcode.read || operation === opcode.write) {
    const position = Number(bytes.readBigUInt64LE(requestBytes + 8));
    const length = bytes.readUInt32LE(requestBytes + 16);
    const data = requestBytes + 40;
    return operation === opcode.read
      ? { kind: 'read', unique, position, length }
      : { kind: 'write', unique, position, bytes: bytes.subarray(data, data + length) };
  }
  return { kind: byOpcode.get(operation) ?? 'unknown', unique };
};

export const encodeAnswer = (unique: bigint, body: Uint8Array = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(answerBytes);
  head.writeUInt32LE(answerBytes + body.length, 0);
  head.writeBigUInt64LE(unique, 8);
  return Buffer.concat([head, body]);
};

export const encodeError = (unique: bigint, error: number): Buffer => {
  const answer = encodeAnswer(unique);
  answer.writeInt32LE(-error, 4);
  return answer;
};

const asyncReads = 1 << 0;
const bigWrites = 1 << 5;
const maximumPages = 1 << 22;

export const encodeInit = (): Buffer => {
  const body = Buffer.alloc(64);
  body.writeUInt32LE(7, 0);
  body.writeUInt32LE(31, 4);
  body.writeUInt32LE(pieceBytes, 8); // read-ahead
  body.writeUInt32LE(asyncReads | bigWrites | maximumPages, 12);
  body.writeUInt16LE(16, 16);
  body.writeUInt16LE(12, 18);
  body.writeUInt32LE(pieceBytes, 20); // a write
  body.writeUInt32LE(1, 24);
  body.writeUInt16LE(pieceBytes / 4096, 28);
  return body;
};

const regularFile = 0o100600;

/** Of a plain file of that size; they never change. */
export const encodeAttributes = (sizeBytes: number): Buffer => {
  const body = Buffer.alloc(16 + 88);
  body.writeBigUInt64LE(3600n, 0); // seconds for which they are valid
  body.writeBigUInt64LE(1n, 16);
  body.writeBigUInt64LE(BigInt(sizeBytes), 24);
  body.writeBigUInt64LE(BigInt(Math.ceil(sizeBytes / 512)), 32);
  body.writeUInt32LE(regularFile, 76);
  body.writeUInt32LE(1, 80);
  body.writeUInt32LE(4096, 96);
  return body;
};

/** Of the file system: nothing is free. A df(1) that is told an error fails for all others too. */
export const encodeStatistics = (): Buffer => Buffer.alloc(80);

/** The kernel may keep what it has read when the file is opened again: nobody else writes. */
const keepCache = 1 << 1;

export const encodeOpened = (): Buffer => {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(keepCache, 8);
  return body;
};

export const encodeWritten = (length: number): Buffer => {
  const body = Buffer.alloc(8);
  body.writeUInt32LE(length, 0);
  return body;
};
