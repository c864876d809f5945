import { open, readFile, truncate } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { readPartitionTable } from '../../src/image/disk/partition-table.ts';
import { sfdisk } from './sample-disk.ts';
import { temporaryFolder } from './temporary-folder.ts';

const mib = 1024 * 1024;

const diskWith = async (t: ExecutionContext, script: string, sizeBytes = 64 * mib): Promise<Buffer> => {
  const file = path.join(await temporaryFolder(t), 'disk');
  await (await open(file, 'w')).close();
  await truncate(file, sizeBytes);
  await sfdisk(file, script);
  return readFile(file);
};

const read = (disk: Buffer, sizeBytes = disk.length) =>
  readPartitionTable(async (position, length) => disk.subarray(position, position + length), sizeBytes);

const gptScript = `label: gpt
label-id: 11111111-2222-3333-4444-555555555555
size=8M, type=uefi, name="EFI system", uuid=AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE
size=16M, type=linux, name=wurzel, attrs=LegacyBIOSBootable, uuid=AAAAAAAA-BBBB-CCCC-DDDD-FFFFFFFFFFFF
`;
const gptTable = {
  scheme: 'gpt',
  diskId: '11111111-2222-3333-4444-555555555555',
  sectorBytes: 512,
  partitions: [
    {
      number: 1,
      firstByte: mib,
      sizeBytes: 8 * mib,
      type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
      guid: 'AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE',
      name: 'EFI system',
    },
    {
      number: 2,
      firstByte: 9 * mib,
      sizeBytes: 16 * mib,
      type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
      guid: 'AAAAAAAA-BBBB-CCCC-DDDD-FFFFFFFFFFFF',
      name: 'wurzel',
      bootable: true,
    },
  ],
} as const;

const headerAt = 512;
const entriesAt = 1024;

/** Recomputes the checksums of the first GPT copy, as a liar would, and takes the backup away, which would heal the lie. */
const signed = (disk: Buffer): Buffer => {
  const length = disk.readUInt32LE(headerAt + 80) * disk.readUInt32LE(headerAt + 84);
  if (length < mib) disk.writeUInt32LE(crc32(disk.subarray(entriesAt, entriesAt + length)), headerAt + 88);
  disk.writeUInt32LE(0, headerAt + 16);
  disk.writeUInt32LE(crc32(disk.subarray(headerAt, headerAt + 92)), headerAt + 16);
  disk.fill(0, disk.length - 512);
  return disk;
};

test('GPT as sfdisk makes it', async (t) => {
  t.deepEqual(await read(await diskWith(t, gptScript)), gptTable as never);
});

test('GPT on a disk with sectors of 4,096 bytes', async (t) => {
  const disk = await diskWith(t, gptScript);
  const wide = Buffer.alloc(disk.length);
  disk.copy(wide, 0, 0, 512);
  const header = Buffer.from(disk.subarray(headerAt, headerAt + 512));
  const entries = Buffer.from(disk.subarray(entriesAt, entriesAt + 128 * 128));
  for (const [position, firstLba, lastLba] of [
    [0, 256, 511],
    [1, 512, 1023],
  ] as const) {
    entries.writeBigUInt64LE(BigInt(firstLba), position * 128 + 32);
    entries.writeBigUInt64LE(BigInt(lastLba), position * 128 + 40);
  }
  header.writeBigUInt64LE(6n, 40);
  header.writeBigUInt64LE(BigInt(disk.length / 4096 - 6), 48);
  header.writeUInt32LE(crc32(entries), 88);
  header.writeUInt32LE(0, 16);
  header.writeUInt32LE(crc32(header.subarray(0, 92)), 16);
  header.copy(wide, 4096);
  entries.copy(wide, 8192);
  const table = await read(wide);
  t.is(table.sectorBytes, 4096);
  t.deepEqual(
    table.partitions.map(({ firstByte, sizeBytes }) => [firstByte, sizeBytes]),
    [
      [mib, mib],
      [2 * mib, 2 * mib],
    ],
  );
});

test('a damaged first copy is healed by the backup', async (t) => {
  for (const at of [headerAt + 3, headerAt + 60, entriesAt + 40]) {
    const disk = await diskWith(t, gptScript);
    disk.writeUInt8(disk.readUInt8(at) ^ 0xff, at);
    t.deepEqual(await read(disk), gptTable as never, `byte ${at}`);
  }
});

test('MBR with primary and logical partitions', async (t) => {
  const disk = await diskWith(
    t,
    'label: dos\nlabel-id: 0xdeadbeef\nd1: size=4M,type=c,bootable\nd2: size=40M,type=5\nd5: size=8M,type=83\nd6: size=10M,type=82\nd7: size=4M,type=83\n',
  );
  const table = await read(disk);
  t.is(table.scheme, 'mbr');
  t.is(table.diskId, 'deadbeef');
  t.deepEqual(
    table.partitions.map(({ number, firstByte, sizeBytes, type, bootable }) => [
      number,
      firstByte / mib,
      sizeBytes / mib,
      type,
      bootable ?? false,
    ]),
    [
      [1, 1, 4, '0c', true],
      [5, 6, 8, '83', false],
      [6, 15, 10, '82', false],
      [7, 26, 4, '83', false],
    ],
  );
});

/** Each lie, and a word of the sentence that must name it. */
const gptLies: Record<string, [(disk: Buffer) => void, RegExp]> = {
  'beyond the usable sectors': [
    (d) => d.writeBigUInt64LE(10n ** 9n, entriesAt + 40),
    /leaves the usable sectors/,
  ],
  backwards: [(d) => d.writeBigUInt64LE(100n, entriesAt + 40), /ends before it begins/],
  'over the table itself': [(d) => d.writeBigUInt64LE(1n, entriesAt + 32), /leaves the usable sectors/],
  overlapping: [(d) => d.writeBigUInt64LE(20_000n, entriesAt + 40), /1 and 2 overlap/],
  'beyond the disk': [
    (d) => {
      d.writeBigUInt64LE(2n ** 40n, headerAt + 48);
      d.writeBigUInt64LE(2n ** 39n, entriesAt + 128 + 40);
    },
    /partition 2 ends at byte \d+, but the disk has only/,
  ],
  'a million entries': [(d) => d.writeUInt32LE(1_000_000, headerAt + 80), /1000000 entries/],
  'no entries': [(d) => d.writeUInt32LE(0, headerAt + 80), /0 entries/],
  'odd entries': [(d) => d.writeUInt32LE(7, headerAt + 84), /entries of 7 bytes/],
  'entries beyond the disk': [(d) => d.writeBigUInt64LE(2n ** 50n, headerAt + 72), /entries beyond/],
  'a huge header': [(d) => d.writeUInt32LE(2 ** 31, headerAt + 12), /header of 2147483648 bytes/],
  'another place': [(d) => d.writeBigUInt64LE(9n, headerAt + 24), /lies elsewhere/],
  'no partition': [(d) => d.fill(0, entriesAt, entriesAt + 16 * 1024), /no partition/],
};
for (const [lie, [tell, message]] of Object.entries(gptLies))
  test(`a GPT that lies is refused: ${lie}`, async (t) => {
    const disk = await diskWith(t, gptScript);
    tell(disk);
    await t.throwsAsync(read(signed(disk)), { code: 'PARTITION_TABLE_INVALID', message });
  });

test('a GPT with both copies damaged is refused', async (t) => {
  const disk = await diskWith(t, gptScript);
  disk.writeUInt8(0xff, entriesAt);
  disk.writeUInt8(0xff, disk.length - 512 + 60);
  const message =
    /first copy has a wrong checksum over its entries; its backup copy has a wrong header checksum/;
  await t.throwsAsync(read(disk), { code: 'PARTITION_TABLE_INVALID', message });
});

test('a disk that is cut short says so', async (t) => {
  const disk = await diskWith(t, gptScript);
  const error = await t.throwsAsync(read(disk.subarray(0, 20 * mib)), { code: 'PARTITION_TABLE_INVALID' });
  t.deepEqual((error as { details?: unknown }).details, { beyondEnd: true });
  t.deepEqual(await read(disk.subarray(0, 25 * mib)), gptTable as never);
});

const mbrScript =
  'label: dos\nd1: size=8M,type=83\nd2: size=40M,type=5\nd5: size=8M,type=83\nd6: size=8M,type=83\n';
const entry = (number: number) => 446 + (number - 1) * 16;
const mbrLies: Record<string, [(disk: Buffer) => void, RegExp]> = {
  'no signature': [(d) => d.fill(0, 510, 512), /55 AA/],
  'a file system': [(d) => d.writeUInt8(0x41, entry(1)), /file system without one/],
  'beyond the disk': [(d) => d.writeUInt32LE(2 ** 31, entry(1) + 12), /the disk has only/],
  overlapping: [(d) => d.writeUInt32LE(40_000, entry(1) + 12), /overlap/],
  'no size': [(d) => d.writeUInt32LE(0, entry(1) + 12), /no size/],
  'over the table itself': [(d) => d.writeUInt32LE(0, entry(1) + 8), /no place/],
  'no partition': [(d) => d.fill(0, 446, 510), /no partition/],
  'a chain in a circle': [(d) => d.writeUInt32LE(0, 9 * mib + entry(2) + 8), /circle/],
  'a chain that leaves': [(d) => d.writeUInt32LE(500_000, 9 * mib + entry(2) + 8), /leaves the extended/],
  'a damaged record': [(d) => d.fill(0, 9 * mib + 510, 9 * mib + 512), /is damaged/],
  'a logical that leaves': [(d) => d.writeUInt32LE(90_000, 9 * mib + entry(1) + 12), /leaves the extended/],
  'two extended': [
    (d) => {
      d.writeUInt8(5, entry(3) + 4);
      d.writeUInt32LE(110_000, entry(3) + 8);
      d.writeUInt32LE(1000, entry(3) + 12);
    },
    /more than one extended/,
  ],
};
for (const [lie, [tell, message]] of Object.entries(mbrLies))
  test(`an MBR that lies is refused: ${lie}`, async (t) => {
    const disk = await diskWith(t, mbrScript);
    tell(disk);
    await t.throwsAsync(read(disk), { code: 'PARTITION_TABLE_INVALID', message });
  });

test('noise is refused or read, but never anything else', async (t) => {
  const disk = await diskWith(t, gptScript);
  const change = fc.record({ at: fc.nat(2048), value: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 30 }), async (changes) => {
      const noisy = Buffer.from(disk.subarray(0, 26 * mib));
      for (const { at, value } of changes) noisy.writeUInt8(value, at);
      const outcome = await read(noisy).catch((error) => error);
      t.true('scheme' in outcome || outcome.code === 'PARTITION_TABLE_INVALID', String(outcome));
    }),
    { numRuns: 40 },
  );
});
