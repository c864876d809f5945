import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openBlockDevice } from '../../src/agent/disk/block-device.ts';
import { run } from '../../src/agent/programs.ts';
import { nvmeTechniques } from '../../src/agent/wipe/nvme.ts';
import { overwrite } from '../../src/agent/wipe/overwrite.ts';
import { glance, representative, sampleExtents } from '../../src/agent/wipe/sample.ts';
import { proveEmpty } from '../../src/agent/wipe/wipe-disk.ts';
import { GreifError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Disk } from '../../src/fleet/inventory.ts';
import { type RemovalEvidence, removalEvidenceSchema } from '../../src/fleet/order-evidence.ts';
import { type FakeAppliance, startFakeAppliance } from './fake-appliance.ts';
import {
  type LoopDisk,
  loopDisk,
  program,
  rootTest,
  sparseFile,
  temporaryFolder,
  usedDiskFile,
} from './loop-disk.ts';
import { diskOf, startAgent } from './working-agent.ts';

const mebibyte = 1024 * 1024;
const sizeBytes = 24 * mebibyte + 512;

const room = async (
  t: ExecutionContext,
): Promise<{ folder: string; fake: FakeAppliance; disk: LoopDisk }> => {
  const folder = await temporaryFolder(t);
  const fake = await startFakeAppliance();
  t.teardown(() => fake.stop());
  return { folder, fake, disk: loopDisk(t, usedDiskFile(path.join(folder, 'disk.raw'), sizeBytes)) };
};

const facts = ({ id, serial, sizeBytes: bytes }: Disk) => ({
  id,
  ...(serial && { serial }),
  sizeBytes: bytes,
});
const proofOf = (fake: FakeAppliance): RemovalEvidence => removalEvidenceSchema.parse(fake.evidence[0]);
const isEmpty = (disk: LoopDisk): boolean => readFileSync(disk.file).every((byte) => byte === 0);
const outcomes = ({ disks: [disk] }: RemovalEvidence): string[] =>
  disk?.attempts.map(({ technique, outcome }) => `${technique} ${outcome}`) ?? [];

rootTest('a disk is discarded, read back whole, and not one byte of its old content is left', async (t) => {
  const { fake, disk } = await room(t);
  fake.fileRemoval([facts(diskOf(disk))]);
  t.is(
    await startAgent(t, fake, [diskOf(disk), diskOf(disk, { path: '/dev/other', id: 'serial:B' })]).ended,
    'removal',
  );
  t.true(isEmpty(disk));
  const proof = proofOf(fake);
  t.deepEqual(outcomes(proof), ['secure-discard refused', 'discard zeros']);
  t.like(proof.disks[0], {
    id: 'serial:LOOP1',
    sanitization: 'clear',
    readBack: { scope: 'whole', readBytes: sizeBytes },
  });
  t.deepEqual(
    proof.untouched.map(({ id }) => id),
    ['serial:B'],
  );
  t.deepEqual([...new Set(fake.progress.map(({ stage }) => stage))], ['wiping', 'verifying']);
});

rootTest('an overwrite writes every byte itself', async (t) => {
  const { fake, disk } = await room(t);
  fake.fileRemoval([facts(diskOf(disk))], { method: 'overwrite', readBack: 'sample' });
  const called: string[] = [];
  const watched: typeof run = (name, ...more) => {
    called.push(name);
    return run(name, ...more);
  };
  await startAgent(t, fake, [diskOf(disk)], { run: watched }).ended;
  t.true(isEmpty(disk));
  t.deepEqual(outcomes(proofOf(fake)), ['overwrite zeros']);
  t.deepEqual(
    proofOf(fake).disks[0]?.readBack,
    { scope: 'whole', readBytes: sizeBytes },
    'small: read whole',
  );
  t.false(called.includes('blkdiscard'));
});

rootTest('a discard that only says that it was done is not believed', async (t) => {
  const { fake, disk } = await room(t);
  fake.fileRemoval([facts(diskOf(disk))], { method: 'discard' });
  const lying: typeof run = (name, ...more) =>
    name === 'blkdiscard' ? Promise.resolve('') : run(name, ...more);
  await startAgent(t, fake, [diskOf(disk)], { run: lying }).ended;
  t.true(isEmpty(disk));
  t.deepEqual(outcomes(proofOf(fake)), ['secure-discard left-data', 'discard left-data', 'overwrite zeros']);
});

rootTest('a disk that remembers after the glance is overwritten before it is certified', async (t) => {
  const { disk } = await room(t);
  const device = await openBlockDevice(disk.path);
  t.teardown(() => device.close());
  const { signal } = new AbortController();
  const tools = { device, run, signal, log: silentLog, began: () => {}, advanced: () => {} };
  const claimed = [{ technique: 'discard', outcome: 'zeros', detail: '' }] as const;
  const proof = await proveEmpty(diskOf(disk), claimed, 'whole', tools);
  t.true(isEmpty(disk));
  t.deepEqual(
    proof.attempts.map(({ outcome }) => outcome),
    ['left-data', 'zeros'],
  );
  t.is(proof.sanitization, 'clear');
});

rootTest('places that cannot be overwritten fail the order; the rest is wiped all the same', async (t) => {
  const { folder, fake } = await room(t);
  const tmpfs = path.join(folder, 'tmpfs');
  mkdirSync(tmpfs);
  program('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', tmpfs]);
  t.teardown(() => program('umount', ['--lazy', tmpfs]));
  const disk = loopDisk(t, sparseFile(path.join(tmpfs, 'disk.raw'), 16 * mebibyte));
  fake.fileRemoval([facts(diskOf(disk))], { method: 'overwrite' });
  startAgent(t, fake, [diskOf(disk)]);
  const failure = await fake.failure(1);
  t.is(failure.code, 'DISK_NOT_WIPED');
  t.regex(failure.message, /at least 64 places .* first at byte \d+: .*Destroy/);
  t.deepEqual(fake.evidence, []);
});

rootTest('nothing is wiped before every disk of the order is certain', async (t) => {
  const { fake, disk } = await room(t);
  const before = readFileSync(disk.file);
  const own = facts(diskOf(disk));
  const agent = startAgent(t, fake, [diskOf(disk)]);
  const refusals: [object, string][] = [
    [{ id: 'serial:GONE', sizeBytes: 5 }, 'DISK_NOT_FOUND'],
    [{ ...own, sizeBytes: 512 }, 'DISK_UNSUITABLE'],
    [{ ...own, model: 'another' }, 'DISK_UNSUITABLE'],
  ];
  for (const [number, [odd, code]] of refusals.entries()) {
    fake.fileRemoval([own, odd as typeof own]);
    const failure = await fake.failure(number + 1);
    t.is(failure.code, code);
    t.regex(failure.message, /nothing was wiped/);
  }
  fake.fileRemoval([own], { method: 'nvme-format' });
  t.is((await fake.failure(4)).code, 'UNSUPPORTED');
  t.true(before.equals(readFileSync(disk.file)));
  fake.fileRemoval([own]);
  await agent.ended;
  t.true(isEmpty(disk));
});

test('bad places are found one by one, and the disk is wiped around them', async (t) => {
  const bad = [3 * mebibyte, 3 * mebibyte + 8192];
  const written: number[] = [];
  const device = {
    path: '/dev/bad',
    write: async ({ length }: Buffer, at: number) => {
      if (bad.some((one) => one >= at && one < at + length))
        throw new GreifError('DISK_WRITE_FAILED', 'medium error');
      written.push(length);
    },
    sync: async () => {},
  } as unknown as Awaited<ReturnType<typeof openBlockDevice>>;
  const { signal } = new AbortController();
  const wiping = overwrite(5 * mebibyte + 512, { device, signal, advanced: () => {} });
  const error = await t.throwsAsync(wiping, { code: 'DISK_NOT_WIPED' });
  t.regex(error?.message ?? '', new RegExp(`^2 places of /dev/bad .* first at byte ${bad[0]}:`));
  t.is(
    written.reduce((sum, length) => sum + length, 0),
    5 * mebibyte + 512 - 2 * 4096,
  );
});

test('a sample has both ends and two places in each thousandth, a tenth of the disk in all', (t) => {
  const disk = 500 * 2 ** 30;
  for (const chance of [() => 0, () => 0.999999, Math.random]) {
    const extents = sampleExtents(disk, representative, chance);
    t.is(extents.length, 2002);
    t.is(extents[0]?.firstByte, 0);
    const last = extents.at(-1) as (typeof extents)[number];
    t.is(last.firstByte + last.sizeBytes, disk);
    let end = 0;
    for (const extent of extents) {
      t.true(extent.firstByte >= end && extent.firstByte % 4096 === 0 && extent.sizeBytes % 4096 === 0);
      end = extent.firstByte + extent.sizeBytes;
    }
    t.true(extents.reduce((sum, { sizeBytes: bytes }) => sum + bytes, 0) >= disk / 10);
  }
  t.deepEqual(sampleExtents(2 ** 30, representative, Math.random), [{ firstByte: 0, sizeBytes: 2 ** 30 }]);
  t.true(sampleExtents(disk, glance, Math.random).reduce((sum, one) => sum + one.sizeBytes, 0) < 2 ** 28);
});

test('an NVMe format is used as far as the controller says, and never beside another namespace', (t) => {
  t.deepEqual(nvmeTechniques({ oacs: 0b10, fna: 0b100 }, 1), ['nvme-crypto-erase', 'nvme-user-data-erase']);
  t.deepEqual(nvmeTechniques({ oacs: 0b10, fna: 0 }, 3), ['nvme-user-data-erase']);
  t.deepEqual(nvmeTechniques({ oacs: 0b10, fna: 0b001 }, 2), []);
  t.deepEqual(nvmeTechniques({ oacs: 0b01, fna: 0b100 }, 1), []);
});
