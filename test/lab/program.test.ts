import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { runContained } from '../../src/lab/program.ts';

const isRoot = process.getuid?.() === 0;
const rooted = isRoot ? test : test.skip;

/** Command lines of all processes of this machine. */
const commandLines = async (): Promise<string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
};

rooted(
  'a contained program leaves no process and no mount, also when it is killed in the middle',
  async (t) => {
    const mark = `86400.${process.pid}`;
    const script = `mount -t tmpfs greif-${mark} /mnt; sleep ${mark} & echo ready; wait`;
    const kill = new AbortController();
    let isReady = (): void => {};
    const ready = new Promise<void>((resolve) => (isReady = resolve));
    const ended = runContained('sh', ['-c', script], { onLine: isReady, signal: kill.signal });
    ended.catch(() => {});
    await Promise.race([ready, ended]);
    const sleeps = async () =>
      (await commandLines()).filter((line) => line.includes(`sleep\0${mark}`)).length;
    // The shell goes on before its child has become another program.
    while ((await sleeps()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    t.is(await sleeps(), 1);
    t.notRegex(await readFile('/proc/mounts', 'utf8'), new RegExp(`greif-${mark}`));
    kill.abort();
    await t.throwsAsync(ended);
    // The kernel kills the namespace's processes in its own time after their first.
    while ((await sleeps()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  },
);

rooted('a contained program that fails says why', async (t) => {
  await t.throwsAsync(runContained('sh', ['-c', 'echo no mirror >&2; exit 3']), {
    code: 'STEP_FAILED',
    message: /no mirror/,
  });
});
