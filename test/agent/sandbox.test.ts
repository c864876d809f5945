import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { runLimited } from '../../src/agent/script/run-limited.ts';
import { type Sandbox, sandboxCommand } from '../../src/agent/script/sandbox.ts';
import { loopDisk, program, rootTest, sparseFile, temporaryFolder, unmount } from './loop-disk.ts';

const mebibyte = 1024 * 1024;
const shell = '/bin/busybox';

/** A small Linux on a file system of its own, and what runs a script in it. */
const system = async (t: ExecutionContext) => {
  const folder = await temporaryFolder(t);
  const disk = loopDisk(t, sparseFile(path.join(folder, 'disk.raw'), 32 * mebibyte));
  program('mke2fs', ['-q', disk.path]);
  const mounted = path.join(folder, 'mounted');
  mkdirSync(mounted);
  program('mount', ['-o', 'nosuid,nodev', disk.path, mounted]);
  t.teardown(() => unmount(mounted));
  for (const name of ['bin', 'dev', 'proc', 'tmp', 'run', 'etc', 'usr']) mkdirSync(path.join(mounted, name));
  copyFileSync(shell, path.join(mounted, 'bin/busybox'));
  symlinkSync('busybox', path.join(mounted, 'bin/sh'));
  return {
    folder,
    mounted,
    disk,
    async run(text: string, over: Partial<Sandbox> & { timeLimitMs?: number } = {}) {
      const { timeLimitMs = 60_000, ...sandbox } = over;
      const script = path.join(folder, 'script');
      writeFileSync(script, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      const command = sandboxCommand(
        {
          kind: 'root',
          mounted,
          script,
          hostName: 'lab-7',
          network: false,
          memoryBytes: 64 * mebibyte,
          variables: { GREIF_ROOT: '/' },
          ...sandbox,
        },
        shell,
      );
      const { signal } = new AbortController();
      return runLimited(command, { timeLimitMs, outputChars: 2000, signal });
    },
  };
};

const processesOf = (marker: string): string[] =>
  readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(marker);
    } catch {
      return false;
    }
  });

rootTest('a script works on the system as its root, under the PC’s name', async (t) => {
  const { mounted, run } = await system(t);
  const done = await run(
    'pwd; hostname; id -u; echo "$GREIF_ROOT $SECRET"; echo hello >etc/greeting; echo oops >&2; exit 3',
    {
      variables: { GREIF_ROOT: '/' },
    },
  );
  t.like(done, { outcome: 'failed', exitStatus: 3, cut: false });
  t.is(done.output.trim(), '/\nlab-7\n0\n/ \noops');
  t.is(readFileSync(path.join(mounted, 'etc/greeting'), 'utf8'), 'hello\n');
});

rootTest(
  'nothing of the PC is in reach: no device, no other file system, no process, no network, no kernel setting',
  async (t) => {
    const { folder, mounted, disk, run } = await system(t);
    const [, major, minor] =
      /\((\d+)[,:] *(\d+)\)/.exec(`(${program('lsblk', ['-ndo', 'MAJ:MIN', disk.path]).trim()})`) ?? [];
    program('mknod', [path.join(mounted, 'smuggled'), 'b', major ?? '', minor ?? '']);
    const outside = path.join(folder, 'outside');
    writeFileSync(outside, 'secret');
    const tries = [
      `cat ${outside}`,
      `echo x >${outside}`,
      `cat /proc/1/root${outside}`,
      'mknod /tmp/disk b 7 0',
      'head -c 1 /smuggled',
      'mount -t proc none /tmp',
      'umount /proc',
      'mkdir -p /tmp/jail && chroot /tmp/jail /bin/true',
      // Harmless where they do get through.
      'echo h >/proc/sysrq-trigger',
      'cat /proc/sys/kernel/core_pattern >/proc/sys/kernel/core_pattern',
      'echo 0 >/proc/self/oom_score_adj',
      'hostname other',
      'ip link add dummy0 type dummy',
      'head -c 1 /proc/kcore',
      'unshare -m true',
    ];
    for (const attempt of tries) {
      const { outcome, output } = await run(`${attempt} 2>&1 && echo GOT THROUGH`);
      t.is(outcome, 'failed', `${attempt}: ${output}`);
      t.notRegex(output, /GOT THROUGH|secret/, attempt);
    }
    t.is(readFileSync(outside, 'utf8'), 'secret');
    const seen = await run(
      'ls /dev; echo --; ls /proc | grep -c "^[0-9]"; echo --; cut -d: -f1 /proc/net/dev | tail -n +3',
    );
    const [devices = '', processes = '', nics = ''] = seen.output.split('--\n');
    const names =
      'console core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero'.split(' ');
    for (const device of devices.trim().split('\n')) t.true(names.includes(device), device);
    t.true(Number(processes) < 6);
    t.is(nics.trim(), 'lo');
  },
);

rootTest(
  'a process that a script leaves behind ends with it, and all of them at the time limit',
  async (t) => {
    const { run } = await system(t);
    // Of this run: others may go on beside it.
    const mark = `${86_400 + process.pid}`;
    const left = await run(
      `setsid sleep ${mark} >/dev/null 2>&1 & (setsid setsid sleep ${mark} &) ; echo left`,
    );
    t.like(left, { outcome: 'done', exitStatus: 0 });
    const late = await run(
      `trap "" TERM INT HUP; (trap "" TERM; setsid sleep ${mark}) & echo waiting; sleep ${mark}`,
      {
        // The shell is started within it, on a busy machine too.
        timeLimitMs: 6000,
      },
    );
    t.is(late.outcome, 'timed-out');
    t.is(late.exitStatus, undefined);
    t.is(late.output, 'waiting\n');
    t.deepEqual(processesOf(mark), []);
  },
);

rootTest('memory, scratch space and output have an end', async (t) => {
  const { mounted, run } = await system(t);
  const greedy = await run('tail /dev/zero');
  t.is(greedy.outcome, 'failed', 'one line without end');
  t.true(greedy.durationMs < 30_000);
  const full = await run('dd if=/dev/zero of=/tmp/big bs=1M count=200 2>&1');
  t.is(full.outcome, 'failed');
  t.regex(full.output, /No space left/);
  const chatty = await run('yes "a line of text" | head -c 1000000; printf "\\033[2Jend"');
  t.like(chatty, { outcome: 'done', cut: true });
  t.is(chatty.output.length, 2000);
  t.is((await run('printf "a\\033[2Jb\\n"')).output, 'a\u{fffd}[2Jb\n');
  t.deepEqual(readdirSync(path.join(mounted, 'tmp')), [], 'nothing stays in scratch places');
});

rootTest('beside a system that is no Linux the agent’s shell does the work', async (t) => {
  const { mounted, run } = await system(t);
  mkdirSync(path.join(mounted, 'Windows'));
  const done = await run('pwd; ls -d Windows; echo hello >Windows/greeting; ls /', { kind: 'folder' });
  t.like(done, { outcome: 'done' });
  t.deepEqual(done.output.trim().split('\n'), [
    '/system',
    'Windows',
    'bin',
    'dev',
    'proc',
    'run',
    'system',
    'tmp',
  ]);
  t.true(existsSync(path.join(mounted, 'Windows/greeting')));
});
