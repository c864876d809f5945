import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { run } from '../../src/agent/programs.ts';
import { trackStages } from '../../src/agent/stage.ts';
import { mountWith } from '../../src/agent/system/mount.ts';
import { finishInstall } from '../../src/agent/work/install.ts';
import type { ClaimedInstall } from '../../src/api/contract/agent.ts';
import { sha256Hex } from '../../src/core/ids.ts';
import { silentLog } from '../../src/core/log.ts';
import { signedScript } from '../../src/fleet/script.ts';
import { sampleKey } from '../image/sample-key.ts';
import { volumeGroup } from './logical-disk.ts';
import { program, rootTest } from './loop-disk.ts';
import { type TestDisk, type TestPartition, testDisk, tree } from './system-disk.ts';
import { diskOf } from './working-agent.ts';

const osRelease = (id: string): string => `ID=${id}\nVERSION_ID="12"\nPRETTY_NAME="${id} 12"\n`;

/** As an installer leaves it, with a shell for scripts. */
const installed =
  (id: string): TestPartition['format'] =>
  (device, folder) => {
    const files = {
      'etc/os-release': osRelease(id),
      'etc/hostname': 'debian\n',
      'etc/fstab': '',
      'bin/sh': '',
    };
    tree(folder, files);
    copyFileSync('/bin/busybox', path.join(folder, 'bin/sh'));
    chmodSync(path.join(folder, 'bin/sh'), 0o755);
    program('mke2fs', ['-q', '-t', 'ext4', '-d', folder, device]);
  };

const text = '#!/bin/sh\necho "$GREIF_HOST_NAME $GREIF_PROFILE" | tee /etc/lab.conf\n';
const script = {
  ...{ name: 'set-up', version: 1, text, digest: sha256Hex(text) },
  signature: sampleKey.sign(signedScript({ name: 'set-up', version: 1, text })),
};

const claimed = (
  over: Partial<ClaimedInstall['order']> = {},
  more: Partial<ClaimedInstall> = {},
): ClaimedInstall => ({
  kind: 'install',
  scripts: [],
  machineId: 'm1',
  room: 'R101',
  order: {
    id: 7,
    hostName: 'lab-7',
    options: { profile: 'lab@1', system: 'debian', release: 'bookworm' },
    ...over,
  },
  ...more,
});

/** By its device, since a loop device has no serial number. */
const asDisk = (disk: TestDisk) => diskOf(disk, { id: `serial:${disk.path}`, serial: disk.path });

const finish = (disks: readonly TestDisk[], order: ClaimedInstall) =>
  finishInstall(order, {
    agentVersion: '0.1.0',
    publicKey: sampleKey.publicKey,
    firmware: 'bios',
    disks: () => disks.map(asDisk),
    run,
    withMount: mountWith(run),
    stages: trackStages('install', () => {}),
    signal: new AbortController().signal,
    log: silentLog,
  });

const contentOf = ({ file }: TestDisk): string => sha256Hex(readFileSync(file));

const oneDisk = (t: ExecutionContext, id: string) => testDisk(t, [{ sizeMiB: 32, format: installed(id) }]);

rootTest('the new system becomes this PC’s own, and the order’s scripts run in it', async (t) => {
  const disk = await oneDisk(t, 'debian');
  const evidence = await finish([disk], claimed({}, { scripts: [script] }));
  t.like(evidence, {
    kind: 'install',
    osRelease: { id: 'debian', version: '12', prettyName: 'debian 12' },
    agentVersion: '0.1.0',
  });
  t.is(evidence.scripts?.[0]?.output, 'lab-7 lab@1\n');
  t.is(evidence.steps?.find(({ name }) => name === 'host-name')?.outcome, 'done');
  await disk.look(1, 'ext4', (folder) => {
    t.is(readFileSync(path.join(folder, 'etc/hostname'), 'utf8'), 'lab-7\n');
    t.is(readFileSync(path.join(folder, 'etc/lab.conf'), 'utf8'), 'lab-7 lab@1\n');
  });
});

rootTest('the new system may lie on a logical volume', async (t) => {
  const root = volumeGroup('vg', [{ name: 'root', sizeMiB: 32, format: installed('debian') }]);
  const disk = await testDisk(t, [{ sizeMiB: 48, format: root }]);
  const evidence = await finish([disk], claimed({}, { scripts: [script] }));
  t.is(evidence.osRelease?.id, 'debian');
  t.is(evidence.scripts?.[0]?.output, 'lab-7 lab@1\n');
});

rootTest('a disk that holds another system is left alone', async (t) => {
  const disk = await oneDisk(t, 'fedora');
  const before = contentOf(disk);
  await t.throwsAsync(finish([disk], claimed()), {
    code: 'DISK_UNSUITABLE',
    message: /holds fedora 12, and the installer was to put debian there/,
  });
  t.is(contentOf(disk), before);
});

rootTest('of two disks only the order’s is written, and none where the order names none', async (t) => {
  const [ours, other] = [await oneDisk(t, 'debian'), await oneDisk(t, 'debian')];
  const before = [contentOf(ours), contentOf(other)];
  await t.throwsAsync(finish([ours, other], claimed()), { code: 'DISK_AMBIGUOUS' });
  await t.throwsAsync(finish([ours, other], claimed({ diskId: 'serial:none' })), { code: 'DISK_NOT_FOUND' });
  t.deepEqual([contentOf(ours), contentOf(other)], before);
  await finish([ours, other], claimed({ diskId: asDisk(ours).id }));
  t.notDeepEqual(contentOf(ours), before[0]);
  t.deepEqual(contentOf(other), before[1]);
});
