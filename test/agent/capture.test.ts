import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Run, run } from '../../src/agent/programs.ts';
import { mountWith } from '../../src/agent/system/mount.ts';
import { sha256Hex } from '../../src/core/ids.ts';
import { refOf } from '../../src/image/format/manifest.ts';
import { importImage } from '../../src/image/import/import.ts';
import { restoreDisk } from '../image/restore.ts';
import { type CaptureAppliance, startCaptureAppliance } from './capture-appliance.ts';
import { type LoopDisk, loopDisk, program, rootTest, temporaryFolder, withLoop } from './loop-disk.ts';
import { mixedDisk, swapFileUuid, swapUuid } from './mixed-disk.ts';
import { linuxImage } from './sample-image.ts';
import { diskOf, startAgent } from './working-agent.ts';

const mebibyte = 2 ** 20;
const hashOf = (file: string): string => program('sha256sum', [file]).slice(0, 64);

/** One power-on of the PC with a capture order, until the order ends. */
const captured = async (
  t: ExecutionContext,
  appliance: CaptureAppliance,
  disk: LoopDisk,
  options: { raw?: string[] } = {},
) => {
  const agent = startAgent(t, { url: appliance.url, token: await appliance.powerOn() }, [diskOf(disk)]);
  await agent.said(/checked in/);
  const request = { kind: 'capture', image: 'golden', options } as const;
  const order = await appliance.fleet.fileOrder('52:54:00:00:00:01', request, 'test');
  const ended = await appliance.ended(order.id);
  if (ended.state === 'completed') await agent.ended;
  if (ended.kind !== 'capture') throw new Error('no capture order');
  return { ...ended, lines: agent.lines };
};

/** The text of a program that must succeed on a volume of the restored disk. */
const onVolume = (
  file: string,
  volume: { firstByte: number; sizeBytes: number },
  name: string,
  ...args: string[]
) => {
  const place = ['--offset', `${volume.firstByte}`, '--sizelimit', `${volume.sizeBytes}`];
  const onDevice = (device: string): string =>
    program(
      name,
      args.map((arg) => arg.replace('DEVICE', device)),
    );
  return withLoop(file, onDevice, ['--read-only', ...place]);
};

/** Mounts a part of a file. */
const atOffset =
  (firstByte: number): Run =>
  (name, args, options) =>
    run(name, name === 'mount' ? ['-o', `loop,offset=${firstByte}`, ...args] : args, options);

rootTest(
  'a disk of nine kinds of volumes is captured by its used blocks, and not one byte of it changes',
  async (t) => {
    t.timeout(300_000);
    const folder = await temporaryFolder(t);
    const { file, numbers } = mixedDisk(folder);
    const before = { hash: hashOf(file), mtime: statSync(file).mtimeMs };
    const disk = loopDisk(t, file);
    const appliance = await startCaptureAppliance(t, folder);
    const order = await captured(t, appliance, disk);
    t.is(order.state, 'completed', order.reason?.message ?? order.lines.join('\n'));
    t.deepEqual({ hash: hashOf(file), mtime: statSync(file).mtimeMs }, before);

    const { manifest, digest } = await appliance.images.get('golden@1');
    t.like(order.evidence, { image: 'golden@1', manifestDigest: digest });
    t.like(manifest.os, { id: 'sample', partition: numbers['ext4'] });
    const byName = (name: string) => {
      const number = numbers[name];
      const volume = manifest.volumes.find(({ partition }) => partition === number);
      const proof = order.evidence?.volumes.find(({ partition }) => partition === number);
      if (!volume || !proof) throw new Error(`no volume ${name}`);
      return { volume, proof };
    };
    for (const name of ['vfat', 'ext4', 'ntfs', 'xfs', 'btrfs', 'f2fs', 'exfat']) {
      const { volume, proof } = byName(name);
      t.is(proof.how, 'used blocks', name);
      t.is(volume.fileSystem?.type, name);
      t.is(proof.readBack, volume.digest);
    }
    t.is(byName('swap').proof.how, 'swap: its header');
    t.regex(byName('unknown').proof.how, /^whole/);

    const restored = path.join(folder, 'restored.raw');
    writeFileSync(restored, await restoreDisk(appliance.images, manifest));
    const on = (name: string, ...args: string[]) =>
      onVolume(restored, byName(name).volume, ...(args as [string]));
    on('ext4', 'e2fsck', '-fn', 'DEVICE');
    on('xfs', 'xfs_repair', '-n', 'DEVICE');
    on('btrfs', 'btrfs', 'check', '--readonly', 'DEVICE');
    on('ntfs', 'ntfsfix', '--no-action', 'DEVICE');
    on('vfat', 'fsck.fat', '-n', 'DEVICE');
    on('exfat', 'fsck.exfat', '-n', 'DEVICE');
    on('f2fs', 'fsck.f2fs', '--dry-run', 'DEVICE');
    const hashed = (name: string, script: string) =>
      on(name, 'sh', '-c', `${script} | sha256sum`, 'DEVICE').slice(0, 64);
    t.is(hashed('ntfs', 'ntfscat "$0" kept.bin'), sha256Hex('kept in Windows '.repeat(131_072)));
    t.is(hashed('ntfs', 'ntfscat "$0" pagefile.sys'), sha256Hex(Buffer.alloc(3 * 2 ** 20)));
    t.is(
      hashed('ext4', 'debugfs -R "cat data/text" "$0"'),
      sha256Hex('The quick brown fox. '.repeat(200_000)),
    );
    t.is(on('swap', 'blkid', '-p', '-o', 'value', '-s', 'UUID', 'DEVICE').trim(), swapUuid);
    const root = { device: restored, fileSystem: 'ext4', readOnly: true };
    await mountWith(atOffset(byName('ext4').volume.firstByte))(root, async (mounted) => {
      const swap = readFileSync(path.join(mounted, 'data/swap'));
      t.is(
        program('blkid', ['-p', '-o', 'value', '-s', 'UUID', path.join(mounted, 'data/swap')]).trim(),
        swapFileUuid,
      );
      t.true(
        swap.subarray(4096).every((byte) => byte === 0),
        'what was swapped out is not kept',
      );
    });

    const again = await captured(t, appliance, disk);
    t.like(again.evidence, { image: 'golden@1', sentBytes: 0, chunks: { sent: 0 } });
    t.is(hashOf(file), before.hash);
  },
);

rootTest('the file systems of Macs are captured by their used blocks', async (t) => {
  const folder = await temporaryFolder(t);
  const { file } = mixedDisk(folder, ['hfsplus', 'apfs']);
  const appliance = await startCaptureAppliance(t, folder);
  const order = await captured(t, appliance, loopDisk(t, file));
  t.is(order.state, 'completed', order.reason?.message ?? order.lines.join('\n'));
  const { manifest } = await appliance.images.get('golden');
  const volumes = manifest.volumes.filter(({ kind }) => kind === 'partition');
  t.deepEqual(
    volumes.map(({ fileSystem }) => fileSystem?.type),
    ['hfsplus', 'apfs'],
  );
  const proofs = (order.evidence?.volumes ?? []).filter(({ kind }) => kind === 'partition');
  t.deepEqual(
    proofs.map(({ how }) => how),
    ['used blocks', 'used blocks'],
  );
  const restored = path.join(folder, 'restored.raw');
  writeFileSync(restored, await restoreDisk(appliance.images, manifest));
  const [hfsplus, apfs] = volumes;
  if (!hfsplus || !apfs) throw new Error('a volume is missing');
  t.true(readFileSync(restored).includes(Buffer.alloc(2 * mebibyte, 'kept in macOS ')));
  t.notThrows(() => onVolume(restored, apfs, 'apfsck', 'DEVICE'));
});

rootTest('a captured disk makes the same chunks as its file does when it is imported', async (t) => {
  const folder = await temporaryFolder(t);
  const { file } = await linuxImage(folder);
  const appliance = await startCaptureAppliance(t, folder);
  const imported = await importImage({ name: 'imported', file, store: appliance.images });
  const order = await captured(t, appliance, loopDisk(t, file));
  t.is(order.state, 'completed', order.reason?.message);
  const { manifest } = await appliance.images.get('golden');
  t.is(refOf(manifest), 'golden@1');
  t.deepEqual(
    manifest.volumes.map(({ index }) => index),
    imported.volumes.map(({ index }) => index),
  );
  t.deepEqual(
    manifest.volumes.map(({ unused }) => unused),
    imported.volumes.map(({ unused }) => unused),
  );
  t.true(manifest.volumes.some(({ unused }) => unused));
  t.like(order.evidence, { sentBytes: 0, chunks: { sent: 0 } });
});

rootTest(
  'the appliance goes away in the middle, the PC too: the order begins anew, and only what is missing is sent',
  async (t) => {
    const folder = await temporaryFolder(t);
    const { file } = await linuxImage(folder);
    const disk = loopDisk(t, file);
    const appliance = await startCaptureAppliance(t, folder);
    const powerCut = new AbortController();
    const at = { url: appliance.url, token: await appliance.powerOn() };
    const first = startAgent(t, at, [diskOf(disk)], {}, powerCut.signal);
    await first.said(/checked in/);
    const request = { kind: 'capture', image: 'golden', options: {} } as const;
    const order = await appliance.fleet.fileOrder('52:54:00:00:00:01', request, 'test');
    await appliance.uploads(1);
    await appliance.stop();
    await first.said(/cannot be reached/);
    await appliance.start();
    await appliance.uploads(3);
    powerCut.abort(new Error('the plug was pulled'));
    await first.ended.catch(() => {});

    startAgent(t, { url: appliance.url, token: await appliance.powerOn() }, [diskOf(disk)]);
    const ended = await appliance.ended(order.id);
    t.is(ended.state, 'completed', ended.reason?.message);
    const evidence = ended.kind === 'capture' ? ended.evidence : undefined;
    const all = await Array.fromAsync(appliance.images.chunks.list());
    t.true(evidence && evidence.chunks.sent <= all.length - 3, 'three uploads were durable before');
    const imported = await importImage({ name: 'imported', file, store: appliance.images });
    t.is(imported.contentDigest, (await appliance.images.get('golden')).manifest.contentDigest);
  },
);
