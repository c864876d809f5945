import { mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { startDiskThreads } from '../../src/agent/disk/disk-threads.ts';
import { sha256Hex } from '../../src/core/ids.ts';
import { newSampleKey } from '../image/sample-key.ts';
import { isUnbootable, volumeOf } from './disk-content.ts';
import { type FakeAppliance, startFakeAppliance } from './fake-appliance.ts';
import {
  type LoopDisk,
  loopDisk,
  program,
  rootTest,
  sparseFile,
  temporaryFolder,
  unmount,
  usedDiskFile,
} from './loop-disk.ts';
import { copyOf, linuxImage, type SampleImage } from './sample-image.ts';
import { diskOf, startAgent } from './working-agent.ts';

const mebibyte = 1024 * 1024;

interface Room {
  folder: string;
  image: SampleImage;
  fake: FakeAppliance;
  disk: LoopDisk;
}

let golden: SampleImage;
test.before(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-agent-'));
  golden = await linuxImage(folder).finally(() => rm(folder, { recursive: true }));
});

const room = async (t: ExecutionContext, diskBytes = 64 * mebibyte): Promise<Room> => {
  const folder = await temporaryFolder(t);
  const image = copyOf(golden);
  const fake = await startFakeAppliance();
  t.teardown(() => fake.stop());
  const disk = loopDisk(t, usedDiskFile(path.join(folder, 'disk.raw'), diskBytes));
  return { folder, image, fake, disk };
};

/** After whatever went wrong: a new order on the same disk is completed. */
const nextOrderWorks = async (
  t: ExecutionContext,
  { fake, image }: Room,
  ended: Promise<unknown>,
): Promise<void> => {
  fake.file(image);
  await ended;
  t.is(fake.evidence.length, 1);
};

rootTest('a disk that is too small fails the order and stays as it was', async (t) => {
  const { image, fake, disk } = await room(t, 40 * mebibyte);
  const before = sha256Hex(readFileSync(disk.file));
  fake.file(image);
  startAgent(t, fake, [diskOf(disk)]);
  const failure = await fake.failure(1);
  t.is(failure.code, 'DISK_TOO_SMALL');
  t.regex(failure.message, /LOOP1 has \d+ bytes .*: \d+ bytes .* more/);
  t.true(failure.log.some((line) => line.includes('order 7')));
  t.is(sha256Hex(readFileSync(disk.path)), before);
});

const untrusted: Record<string, (image: SampleImage) => Partial<SampleImage>> = {
  'was changed': ({ text }) => {
    const changed = text.replace('"sample"', '"Sample"');
    return { text: changed, digest: sha256Hex(changed) };
  },
  'was signed with another key': ({ text }) => ({ signature: newSampleKey().sign(text) }),
  'is not signed': () => ({ signature: '' }),
};

for (const [what, change] of Object.entries(untrusted))
  rootTest(`a manifest that ${what} is refused and the disk stays as it was`, async (t) => {
    const at = await room(t);
    const { image, fake, disk } = at;
    const before = sha256Hex(readFileSync(disk.file));
    fake.file({ ...image, ...change(image) });
    const { ended } = startAgent(t, fake, [diskOf(disk)]);
    const failure = await fake.failure(1);
    t.is(failure.code, 'MANIFEST_UNTRUSTED');
    t.regex(failure.message, /restart this PC/);
    t.is(sha256Hex(readFileSync(disk.path)), before);
    await nextOrderWorks(t, at, ended);
  });

rootTest('a disk that is in use is not touched', async (t) => {
  const { image, fake, disk, folder } = await room(t);
  program('mke2fs', ['-q', disk.path]);
  const mounted = path.join(folder, 'mounted');
  mkdirSync(mounted);
  program('mount', [disk.path, mounted]);
  t.teardown(() => unmount(mounted));
  fake.file(image);
  startAgent(t, fake, [diskOf(disk)]);
  const failure = await fake.failure(1);
  t.is(failure.code, 'DISK_UNSUITABLE');
  t.regex(failure.message, /in use/);
  t.true(program('ls', [mounted]).includes('lost+found'));
});

rootTest('a disk that fails mid-write: the order says where, and nothing on the disk boots', async (t) => {
  const { image, fake, folder } = await room(t);
  const tmpfs = path.join(folder, 'tmpfs');
  mkdirSync(tmpfs);
  program('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', tmpfs]);
  t.teardown(() => program('umount', ['--lazy', tmpfs]));
  const disk = loopDisk(t, sparseFile(path.join(tmpfs, 'disk.raw'), 64 * mebibyte));
  fake.file(image);
  startAgent(t, fake, [diskOf(disk)]);
  const failure = await fake.failure(1);
  t.is(failure.code, 'DISK_WRITE_FAILED');
  t.regex(failure.message, /failed at bytes? \d+.*No space|EIO|ENOSPC/);
  t.true(await isUnbootable(disk.path));
});

rootTest(
  'a chunk that stays corrupt fails the order by its name; mended, the next order works',
  async (t) => {
    const here = await room(t);
    const { image, fake, disk } = here;
    const [id, good] = [...image.chunks].at(-1) ?? t.fail();
    if (!id || !good) return;
    const bad = Buffer.from(good);
    bad[bad.length >> 1] = (bad[bad.length >> 1] ?? 0) ^ 0x10;
    image.chunks.set(id, bad);
    fake.file(image);
    const agent = startAgent(t, fake, [diskOf(disk)]);
    const failure = await fake.failure(1);
    t.is(failure.code, 'CHUNK_CORRUPT');
    t.true(failure.message.includes(id));
    t.regex(failure.message, /^partition 3: /);
    t.is(fake.evidence.length, 0);
    t.true(await isUnbootable(disk.path));
    image.chunks.set(id, good);
    await nextOrderWorks(t, here, agent.ended);
  },
);

rootTest('a chunk that the store does not have fails the order by its name', async (t) => {
  const { image, fake, disk } = await room(t);
  const [id] = [...image.chunks.keys()].slice(-1);
  if (id) image.chunks.delete(id);
  fake.file(image);
  startAgent(t, fake, [diskOf(disk)]);
  const failure = await fake.failure(1);
  t.is(failure.code, 'CHUNK_MISSING');
  t.true(id && failure.message.includes(id));
});

rootTest('a bit that flipped on the way is fetched again', async (t) => {
  const { image, fake, disk } = await room(t);
  let flips = 2;
  const threads = startDiskThreads(1);
  fake.file(image);
  const agent = startAgent(t, fake, [diskOf(disk)], {
    startDiskThreads: () => ({
      ...threads,
      unpack: (chunks, target) => {
        for (const { packed } of chunks) if (flips-- > 0) packed[9] = (packed[9] ?? 0) ^ 1;
        return threads.unpack(chunks, target);
      },
    }),
  });
  await agent.ended;
  t.is(fake.evidence.length, 1);
  t.true(agent.lines.some((line) => line.includes('asking again for a bad chunk')));
});

rootTest('a disk that keeps something else than was written is found out', async (t) => {
  const { image, fake, disk } = await room(t);
  const [id] = [...image.chunks.keys()].slice(-1);
  const threads = startDiskThreads(1);
  fake.file(image);
  const agent = startAgent(t, fake, [diskOf(disk)], {
    startDiskThreads: () => ({
      ...threads,
      async unpack(chunks, target) {
        const faults = await threads.unpack(chunks, target);
        let at = 0;
        for (const { id: asked, sizeBytes } of chunks) {
          if (asked === id) target[at] = (target[at] ?? 0) ^ 1;
          at += sizeBytes;
        }
        return faults;
      },
    }),
  });
  const failure = await fake.failure(1);
  t.is(failure.code, 'READ_BACK_MISMATCH');
  t.regex(failure.message, /^partition 3: chunk [0-9a-f]{64} at byte \d+ /);
  t.true(await isUnbootable(disk.path), agent.lines.join('\n'));
});

rootTest('the appliance dies in the middle and comes back: the same order goes on', async (t) => {
  const { image, fake, disk } = await room(t);
  let answers = 0;
  let down: Promise<void> | undefined;
  fake.beforeChunks = () => {
    if (++answers === 2) down = fake.stop();
    return undefined;
  };
  fake.file(image);
  const agent = startAgent(t, fake, [diskOf(disk)]);
  await agent.said(/does not hear us/);
  await down;
  await fake.start();
  await agent.ended;
  t.is(fake.evidence.length, 1);
  t.is(fake.checkIns, 1);
  t.deepEqual(fake.failures, []);
});

rootTest('switched off half-way: nothing boots, and the next start completes', async (t) => {
  const here = await room(t);
  const { image, fake, disk } = here;
  const stop = new AbortController();
  let answers = 0;
  fake.beforeChunks = () => {
    if (++answers === 2) stop.abort(new Error('power cut'));
    return undefined;
  };
  fake.file(image);
  const first = startAgent(t, fake, [diskOf(disk)], {}, stop.signal);
  await t.throwsAsync(first.ended, { message: 'power cut' });
  t.true(await isUnbootable(disk.path));
  fake.beforeChunks = () => undefined;
  await nextOrderWorks(t, here, startAgent(t, fake, [diskOf(disk)]).ended);
});

rootTest('a cancelled order stops; the PC waits and takes the next one', async (t) => {
  const here = await room(t);
  const { image, fake, disk } = here;
  // The chunks are held back until the cancellation is heard.
  const heard = Promise.withResolvers<void>();
  fake.beforeChunks = () => {
    fake.cancelled = true;
    return heard.promise;
  };
  fake.file(image);
  const agent = startAgent(t, fake, [diskOf(disk)]);
  t.regex(await agent.said(/order 7 failed/), /ORDER_CONFLICT/);
  heard.resolve();
  await fake.failure(1);
  t.true(await isUnbootable(disk.path));
  fake.cancelled = false;
  fake.beforeChunks = () => undefined;
  await nextOrderWorks(t, here, agent.ended);
});

rootTest('an index that does not fit the manifest stops everything before the first byte', async (t) => {
  const { image, fake, disk } = await room(t);
  const before = sha256Hex(readFileSync(disk.file));
  const volume = volumeOf(image, 3);
  const other = image.indexes.get(volumeOf(image, 2).index);
  if (other) image.indexes.set(volume.index, other);
  fake.file(image);
  startAgent(t, fake, [diskOf(disk)]);
  t.is((await fake.failure(1)).code, 'INDEX_INVALID');
  t.is(sha256Hex(readFileSync(disk.path)), before);
});

test('a boot token that was used already is final: the PC must be restarted', async (t) => {
  const fake = await startFakeAppliance();
  t.teardown(() => fake.stop());
  fake.refuseCheckIn = 'TOKEN_USED';
  const error = await t.throwsAsync(startAgent(t, fake, []).ended);
  t.is((error as { code?: string }).code, 'TOKEN_USED');
});
