import { createHash } from 'node:crypto';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sha256OfFile } from '../../src/setup/boot-folder/files.ts';
import { listSquashfs, prepareSample, projectTools, unpackInitrd } from './boot-files.ts';
import { temporaryFolder } from './samples.ts';

const mebibyte = 1024 * 1024;
const firstStageLimitBytes = 24 * mebibyte;

const filesBelow = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
};

const prepared = async (t: ExecutionContext) => {
  t.timeout(900_000, 'the boot folder is built when the cache has none');
  const folder = await temporaryFolder(t);
  const agentEntry = path.join(folder, 'agent.ts');
  await writeFile(agentEntry, "console.log('sample agent');\n");
  const bootFolder = path.join(folder, 'boot');
  return { folder, agentEntry, bootFolder, built: await prepareSample(bootFolder, agentEntry) };
};

test.serial('kernel and first stage stay below 24 MiB, and the whole layout is there', async (t) => {
  const { bootFolder, built } = await prepared(t);
  t.deepEqual(await filesBelow(bootFolder), [
    'agent/agent.json',
    'agent/initrd.img',
    'agent/root.squashfs',
    'agent/vmlinuz',
    'loaders/grubaa64.efi',
    'loaders/grubia32.efi',
    'loaders/grubx64-disk.efi',
    'loaders/grubx64.efi',
    'loaders/ipxe-arm64.efi',
    'loaders/ipxe.efi',
    'loaders/shimaa64.efi',
    'loaders/shimia32.efi',
    'loaders/shimx64.efi',
    'loaders/snponly.efi',
    'loaders/undionly.kpxe',
  ]);
  const [kernel, initrd] = await Promise.all(
    ['vmlinuz', 'initrd.img'].map((name) => stat(path.join(bootFolder, 'agent', name))),
  );
  t.true((kernel?.size ?? 0) > 4 * mebibyte);
  t.true((kernel?.size ?? 0) + (initrd?.size ?? 0) <= firstStageLimitBytes);
  t.is(await sha256OfFile(path.join(bootFolder, 'agent/root.squashfs')), built.root.sha256);
  t.regex(built.version, /^\d+\.\d+\.\d+\+[0-9a-f]{8}$/);
});

const wantedDrivers =
  `e1000 e1000e igb igc ixgbe r8169 realtek tg3 bnxt_en mlx5_core virtio_net vmxnet3 8139cp 8139too
  r8152 ax88179_178a asix cdc_ether cdc_ncm xhci-pci ehci-pci ohci-pci uhci-hcd
  ahci ata_piix nvme virtio_blk virtio_scsi sd_mod usb-storage uas virtio_pci squashfs overlay loop`
    .trim()
    .split(/\s+/);

test.serial(
  'the first stage holds every driver with all it needs, its firmware, and the hash of the agent’s system',
  async (t) => {
    const { folder, bootFolder, built } = await prepared(t);
    const root = path.join(folder, 'initrd');
    await unpackInitrd(await projectTools(), path.join(bootFolder, 'agent/initrd.img'), root);
    const files = await filesBelow(root);
    const modules = path.join('lib/modules', built.kernelRelease);
    const has = new Set(files.map((file) => path.basename(file)));
    t.deepEqual(
      wantedDrivers.filter((name) => !has.has(`${name}.ko`)),
      [],
    );

    const table = await readFile(path.join(root, modules, 'modules.dep'), 'utf8');
    const needed = table.split(/[\s:]+/).filter(Boolean);
    t.deepEqual(
      needed.filter((file) => !files.includes(path.join(modules, file))),
      [],
    );
    t.true(files.includes('lib/firmware/rtl_nic/rtl8168h-2.fw'));
    t.true(files.includes('lib/firmware/tigon/tg3.bin'));
    t.is(
      await readFile(path.join(root, 'lib/greif/system'), 'utf8'),
      `system_file=agent/root.squashfs\nsystem_bytes=${built.root.sizeBytes}\nsystem_sha256=${built.root.sha256}\n`,
    );
  },
);

test.serial(
  'the agent’s system holds Node, the disk tools, the file systems’ drivers and the agent with its version',
  async (t) => {
    const { bootFolder } = await prepared(t);
    const files = await listSquashfs(path.join(bootFolder, 'agent/root.squashfs'));
    const has = (end: string) => files.some((file) => file.endsWith(end));
    const wanted = `/init /agent/agent.mjs /agent/version /usr/bin/node /usr/bin/mount /usr/sbin/sfdisk /usr/sbin/sgdisk
    /usr/sbin/resize2fs /usr/sbin/e2fsck /usr/sbin/mkfs.fat /usr/sbin/xfs_growfs /usr/bin/btrfs /usr/sbin/ntfsresize
    /usr/sbin/partclone.extfs /usr/bin/efibootmgr /usr/sbin/modprobe /usr/lib64/ld-linux-x86-64.so.2
    /ext4.ko /vfat.ko /xfs.ko /btrfs.ko /fuse.ko /efivarfs.ko /megaraid_sas.ko /mpt3sas.ko`;
    t.deepEqual(
      wanted
        .trim()
        .split(/\s+/)
        .filter((end) => !has(end)),
      [],
    );
  },
);

test.serial('what is up to date is left alone; what was cut short or changed is made anew', async (t) => {
  const { bootFolder, agentEntry, built } = await prepared(t);
  const image = path.join(bootFolder, 'agent/root.squashfs');
  const untouched = (await stat(image)).mtimeMs;
  await prepareSample(bootFolder, agentEntry, { report: (line) => t.fail(line) });
  t.is((await stat(image)).mtimeMs, untouched);

  await truncate(image, 4096);
  t.deepEqual(await prepareSample(bootFolder, agentEntry), built);
  t.is(await sha256OfFile(image), built.root.sha256);

  await writeFile(agentEntry, "console.log('another agent');\n");
  const next = await prepareSample(bootFolder, agentEntry);
  t.not(next.version, built.version);
  t.not(next.root.sha256, built.root.sha256);
});

test.serial('an agent that cannot be bundled is said, and the boot folder stays as it was', async (t) => {
  const { bootFolder, agentEntry, built } = await prepared(t);
  await writeFile(agentEntry, "import './not-there.ts';\n");
  await t.throwsAsync(prepareSample(bootFolder, agentEntry), { code: 'STEP_FAILED', message: /not-there/ });
  t.is(await sha256OfFile(path.join(bootFolder, 'agent/root.squashfs')), built.root.sha256);
});

const contents = async (bootFolder: string): Promise<Record<string, string>> => {
  const hashes: Record<string, string> = {};
  for (const file of await filesBelow(bootFolder))
    hashes[file] = createHash('sha256')
      .update(await readFile(path.join(bootFolder, file)))
      .digest('hex');
  return hashes;
};

test.serial(
  'the same lock makes the same files, byte by byte, in another folder with an empty cache',
  async (t) => {
    const { folder, agentEntry, bootFolder } = await prepared(t);
    const again = path.join(folder, 'again');
    await prepareSample(again, agentEntry, { cacheFolder: path.join(folder, 'cache') });
    t.deepEqual(await contents(again), await contents(bootFolder));
  },
);
