/** A registry file (“regf”) with nothing but its root key: the start from which hivex builds. Layout: hivex’s lib/hivex-internal.h; sizes in bytes. */
const binBytes = 4096;
const noOffset = 0xffffffff;
/** Cells count from the first bin, after the base block. */
const rootCell = 32;
const rootName = 'ROOT';
const rootCellBytes = 88;
const securityCell = rootCell + rootCellBytes;

/** Owner and group: administrators. They and the system may do all, and so below (MS-DTYP, self-relative form). */
const securityDescriptor = (): Buffer => {
  const administrators = Buffer.from('01020000000000052000000020020000', 'hex');
  const system = Buffer.from('010100000000000512000000', 'hex');
  const inherited = 0x03;
  const allAccess = 0x000f003f;
  const entry = (sid: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt8(inherited, 1);
    head.writeUInt16LE(8 + sid.length, 2);
    head.writeUInt32LE(allAccess, 4);
    return Buffer.concat([head, sid]);
  };
  const entries = Buffer.concat([entry(administrators), entry(system)]);
  const list = Buffer.alloc(8);
  list.writeUInt8(2, 0);
  list.writeUInt16LE(8 + entries.length, 2);
  list.writeUInt16LE(2, 4);
  const head = Buffer.alloc(20);
  const selfRelativeWithList = 0x8004;
  head.writeUInt8(1, 0);
  head.writeUInt16LE(selfRelativeWithList, 2);
  const listAt = 20;
  const ownerAt = listAt + list.length + entries.length;
  head.writeUInt32LE(ownerAt, 4);
  head.writeUInt32LE(ownerAt + administrators.length, 8);
  head.writeUInt32LE(listAt, 16);
  return Buffer.concat([head, list, entries, administrators, administrators]);
};

const baseBlock = (): Buffer => {
  const block = Buffer.alloc(4096);
  block.write('regf', 0);
  block.writeUInt32LE(1, 4);
  block.writeUInt32LE(1, 8);
  block.writeUInt32LE(1, 20); // version 1.3
  block.writeUInt32LE(3, 24);
  block.writeUInt32LE(1, 32);
  block.writeUInt32LE(rootCell, 36);
  block.writeUInt32LE(binBytes, 40);
  block.writeUInt32LE(1, 44);
  let checksum = 0;
  for (let at = 0; at < 508; at += 4) checksum ^= block.readUInt32LE(at);
  block.writeUInt32LE(checksum >>> 0, 508);
  return block;
};

/** A root key without keys and values. */
const writeRootKey = (bin: Buffer): void => {
  bin.writeInt32LE(-rootCellBytes, rootCell);
  const key = bin.subarray(rootCell + 4);
  const rootThatStaysWithPlainName = 0x2c;
  key.write('nk', 0);
  key.writeUInt16LE(rootThatStaysWithPlainName, 2);
  for (const at of [28, 32, 40, 48]) key.writeUInt32LE(noOffset, at);
  key.writeUInt32LE(securityCell, 44);
  key.writeUInt16LE(rootName.length, 72);
  key.write(rootName, 76);
};

const writeSecurity = (bin: Buffer): number => {
  const descriptor = securityDescriptor();
  const cellBytes = Math.ceil((4 + 20 + descriptor.length) / 8) * 8;
  bin.writeInt32LE(-cellBytes, securityCell);
  const cell = bin.subarray(securityCell + 4);
  cell.write('sk', 0);
  cell.writeUInt32LE(securityCell, 4);
  cell.writeUInt32LE(securityCell, 8);
  cell.writeUInt32LE(1, 12);
  cell.writeUInt32LE(descriptor.length, 16);
  descriptor.copy(cell, 20);
  return securityCell + cellBytes;
};

/** Pure: 8 KiB. */
export const emptyHive = (): Buffer => {
  const bin = Buffer.alloc(binBytes);
  bin.write('hbin', 0);
  bin.writeUInt32LE(binBytes, 8);
  writeRootKey(bin);
  const free = writeSecurity(bin);
  bin.writeInt32LE(binBytes - free, free);
  return Buffer.concat([baseBlock(), bin]);
};
