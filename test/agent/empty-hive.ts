/**
 * An empty registry hive of 8 KiB as Windows would write it: base block, one bin with the root key and its security descriptor, the rest free.
 * Layout: https://github.com/msuhanov/regf/blob/master/Windows%20registry%20file%20format%20specification.md
 */
export const emptyHive = (): Buffer => {
  const hive = Buffer.alloc(8192);
  const nothing = 0xffffffff;
  hive.write('regf', 0, 'latin1');
  hive.writeUInt32LE(1, 4); // Both sequence numbers alike: clean.
  hive.writeUInt32LE(1, 8);
  hive.writeUInt32LE(1, 20); // Version 1.5.
  hive.writeUInt32LE(5, 24);
  hive.writeUInt32LE(1, 32); // The format: direct memory load.
  hive.writeUInt32LE(0x20, 36); // The root key's cell, from the end of the base block.
  hive.writeUInt32LE(4096, 40); // All bins together.
  hive.writeUInt32LE(1, 44);
  let checksum = 0;
  for (let at = 0; at < 508; at += 4) checksum = (checksum ^ hive.readUInt32LE(at)) >>> 0;
  hive.writeUInt32LE(checksum, 508);

  const bin = hive.subarray(4096);
  bin.write('hbin', 0, 'latin1');
  bin.writeUInt32LE(4096, 8);
  const keyBytes = 0x60;
  const securityBytes = 0x40;
  const key = bin.subarray(0x20, 0x20 + keyBytes);
  key.writeInt32LE(-keyBytes, 0); // Negative: in use.
  key.write('nk', 4, 'latin1');
  key.writeUInt16LE(0x2c, 6); // Root, not to be deleted, name in Latin-1.
  key.writeUInt32LE(nothing, 0x14); // No parent.
  for (const field of [0x20, 0x24, 0x2c, 0x34]) key.writeUInt32LE(nothing, field);
  key.writeUInt32LE(0x20 + keyBytes, 0x30); // The security descriptor.
  key.writeUInt16LE(4, 0x4c);
  key.write('ROOT', 0x50, 'latin1');
  const security = bin.subarray(0x20 + keyBytes, 0x20 + keyBytes + securityBytes);
  security.writeInt32LE(-securityBytes, 0);
  security.write('sk', 4, 'latin1');
  security.writeUInt32LE(0x20 + keyBytes, 8); // A ring of one.
  security.writeUInt32LE(0x20 + keyBytes, 12);
  security.writeUInt32LE(1, 16);
  security.writeUInt32LE(20, 20);
  security.writeUInt8(1, 24); // A descriptor without owner and lists.
  security.writeUInt16LE(0x8000, 26);
  const free = 0x20 + keyBytes + securityBytes;
  bin.writeInt32LE(4096 - free, free);
  return hive;
};
