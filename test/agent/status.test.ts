import test from 'ava';
import { type Status, statusBlock, statusLine } from '../../src/agent/status.ts';

const order = { id: 7, task: 'debian-12@1 as lab-01' };
const status = (progress?: Status['progress']): Status => ({
  version: '1',
  server: 'http://10.0.0.1:8080',
  machine: 'pc-1',
  order,
  now: 'waiting',
  progress,
});

test('progress is told with percent, rate and time left', (t) => {
  const progress = {
    stage: 'writing',
    doneBytes: 42,
    totalBytes: 100,
    bytesPerSecond: 2e6,
    secondsLeft: 29,
  } as const;
  t.is(statusLine(status(progress)), 'greif: order 7: writing the disk: 42 %, 2 MB/s, 29 s left');
  t.true(statusBlock(status(progress)).includes(`       [${'#'.repeat(16)}${'.'.repeat(24)}]`));
});

test('a stage without bytes has no percent, and none is not done', (t) => {
  const progress = {
    stage: 'finishing',
    doneBytes: 0,
    totalBytes: 0,
    bytesPerSecond: 0,
    secondsLeft: undefined,
  } as const;
  t.is(statusLine(status(progress)), 'greif: order 7: finishing');
  t.is(statusLine(status()), 'greif: order 7: waiting');
});
