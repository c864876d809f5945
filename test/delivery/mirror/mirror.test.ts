import path from 'node:path';
import test from 'ava';
import type { Job, Verification } from '../../../src/api/contract/job.ts';
import { chooseImages } from '../../../src/delivery/mirror/choose-images.ts';
import { runInRoom } from '../../boot/room/enter.ts';
import { temporaryFolder } from '../../image/temporary-folder.ts';

const mib = 2 ** 20;

interface Seen {
  key: string;
  interrupted: string[];
  doors: Record<string, number>;
  secrets: boolean;
  jobs: Record<string, Job>;
  verified: Record<string, Verification>;
}

test('two appliances: trust, only what is missing, power cuts of both, by itself, closed doors', async (t) => {
  // An import is nice, and waits for whatever else runs.
  t.timeout(310_000);
  const program = path.join(import.meta.dirname, 'two-appliances.ts');
  const seen = (await runInRoom(program, [await temporaryFolder(t)], 300_000)) as Seen;
  const { untrusted, wrongToken, first, again, second, third } = seen.jobs;
  t.like(untrusted, { state: 'failed', error: { code: 'MANIFEST_UNTRUSTED' } });
  t.true(untrusted?.error?.message.includes(seen.key));
  t.like(wrongToken, { state: 'failed', error: { code: 'TOKEN_INVALID' } });
  t.like(first, { state: 'done', imported: 'debian@1' });
  t.true((first?.fetchedBytes ?? 0) > 12 * mib);
  t.like(again, { state: 'done', imported: 'debian@1', newChunks: 0, fetchedBytes: 0 });
  // One mebibyte of twelve changed, and the chunks at its two ends.
  t.like(second, { state: 'done', imported: 'debian@2' });
  t.true((second?.fetchedBytes ?? Infinity) < 2 * mib, String(second?.fetchedBytes));
  t.deepEqual(seen.interrupted, ['debian@2', 'debian@1']);
  t.like(third, { state: 'done', imported: 'debian@3' });
  t.true((third?.reusedChunks ?? 0) > 10);
  t.deepEqual(Object.keys(seen.verified), ['debian@1', 'debian@2', 'debian@3', 'debian@4']);
  for (const [ref, { bad, chunks }] of Object.entries(seen.verified)) {
    t.deepEqual(bad, [], ref);
    t.true(chunks > 100);
  }
  t.deepEqual(seen.doors, { without: 401, wrong: 401, right: 200, noToken: 404 });
  t.false(seen.secrets, 'the token stands in no log');
});

const image = (name: string, version: number, ...channels: string[]) => ({
  name,
  version,
  digest: '0'.repeat(64),
  channels,
});

test('what a pattern names', (t) => {
  const images = [
    image('debian', 1, 'stable'),
    image('debian', 2, 'next'),
    image('debian', 10),
    image('win11-lab', 3),
    image('win11-lab', 2),
    image('win11.lab', 1),
  ];
  const chosen = (...patterns: string[]) => chooseImages(images, patterns);
  t.deepEqual(chosen('debian'), ['debian@1'], 'its channel stable');
  t.deepEqual(chosen('win11-lab'), ['win11-lab@3'], 'else the newest');
  t.deepEqual(chosen('debian@next', 'debian@newest'), ['debian@2', 'debian@10']);
  t.deepEqual(chosen('debian@2', 'debian@*'), ['debian@2', 'debian@1', 'debian@10']);
  t.deepEqual(chosen('win11*'), ['win11-lab@3', 'win11.lab@1']);
  t.deepEqual(chosen('win11.lab'), ['win11.lab@1'], 'a dot is a dot');
  t.deepEqual(chosen('arch', 'debian@beta', 'debian@3'), []);
});
