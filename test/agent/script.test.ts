import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { run } from '../../src/agent/programs.ts';
import { mountWith } from '../../src/agent/system/mount.ts';
import type { ClaimedScript } from '../../src/api/contract/agent.ts';
import { sha256Hex } from '../../src/core/ids.ts';
import { signedScript } from '../../src/fleet/script.ts';
import { newSampleKey, sampleKey } from '../image/sample-key.ts';
import { digestOnDisk, isUnbootable } from './disk-content.ts';
import { deployEvidence, startFakeAppliance } from './fake-appliance.ts';
import { loopDisk, rootTest, temporaryFolder, usedDiskFile } from './loop-disk.ts';
import { linuxImage, type SampleImage } from './sample-image.ts';
import { diskOf, startAgent } from './working-agent.ts';

const mebibyte = 1024 * 1024;

const script = (text: string, name = 'set-up', key = sampleKey): ClaimedScript => {
  const version = 2;
  return {
    name,
    version,
    text,
    digest: sha256Hex(text),
    signature: key.sign(signedScript({ name, version, text })),
  };
};

const withShell = (root: string): void => {
  mkdirSync(path.join(root, 'bin'));
  copyFileSync('/bin/busybox', path.join(root, 'bin/sh'));
};

const deployed = async (t: ExecutionContext, scripts: ClaimedScript[]) => {
  const folder = await temporaryFolder(t);
  const image: SampleImage = await linuxImage(folder, { extra: withShell });
  const disk = loopDisk(t, usedDiskFile(path.join(folder, 'disk.raw'), 64 * mebibyte));
  const fake = await startFakeAppliance();
  t.teardown(() => fake.stop());
  fake.file(image, { hostName: 'lab-7', scripts });
  const agent = startAgent(t, fake, [diskOf(disk)]);
  return { image, disk, fake, agent };
};

rootTest('scripts run on the deployed system, and what they said and did is in the evidence', async (t) => {
  const first = script(
    '#!/bin/sh\necho "$GREIF_HOST_NAME $GREIF_ROOM $GREIF_MACHINE $GREIF_ORDER" | tee /etc/lab.conf\n',
  );
  const second = script(
    '#!/bin/sh\n# greif: warn-only\n# greif: time-limit 6s\ncat /etc/lab.conf; sleep 600\n',
    'slow',
  );
  const { image, disk, fake, agent } = await deployed(t, [first, second]);
  await agent.ended;
  const evidence = deployEvidence(fake);
  t.like(evidence.scripts?.[0], {
    name: 'set-up',
    version: 2,
    outcome: 'done',
    exitStatus: 0,
    output: 'lab-7 R101 m1 7\n',
  });
  t.like(evidence.scripts?.[1], { name: 'slow', outcome: 'timed-out', output: 'lab-7 R101 m1 7\n' });
  const steps = evidence.steps.filter(({ name }) => name === 'script');
  t.deepEqual(
    steps.map(({ outcome }) => outcome),
    ['done', 'warning'],
  );
  t.regex(steps[1]?.detail ?? '', /slow@2 was ended after its time limit of 6 s/);
  const root = image.manifest.volumes[3];
  if (!root) return t.fail();
  t.is(evidence.volumes[3]?.handover, await digestOnDisk(disk.path, image, root), 'proven after the scripts');
  const mount = { device: `${disk.path}p3`, fileSystem: 'ext4', readOnly: true };
  await mountWith(run)(mount, async (mounted) => {
    t.is(readFileSync(path.join(mounted, 'etc/lab.conf'), 'utf8'), 'lab-7 R101 m1 7\n');
  });
});

rootTest(
  'a script that fails fails the order, with its last lines, and the disk does not boot',
  async (t) => {
    const { disk, fake } = await deployed(t, [script('#!/bin/sh\necho no licence server >&2\nexit 7\n')]);
    const failure = await fake.failure(1);
    t.is(failure.code, 'SCRIPT_FAILED');
    t.regex(failure.message, /set-up@2 ended with status 7 .*: no licence server/);
    t.true(failure.log.some((line) => line.includes('no licence server')));
    t.true(await isUnbootable(disk.path));
  },
);

rootTest('a script that the appliance did not sign is refused before the first byte', async (t) => {
  const forged = script('#!/bin/sh\nrm -rf /\n', 'set-up', newSampleKey());
  const { disk, fake } = await deployed(t, [forged]);
  const before = sha256Hex(readFileSync(disk.file));
  const failure = await fake.failure(1);
  t.is(failure.code, 'SCRIPT_INVALID');
  t.is(sha256Hex(readFileSync(disk.file)), before);
});
