import type { z } from 'zod';
import { sha256Hex } from '../../src/core/ids.ts';
import type { ShelvedImage } from '../../src/fleet/image-shelf.ts';
import type { Disk, Inventory } from '../../src/fleet/inventory.ts';
import type { Machine } from '../../src/fleet/machine.ts';
import type { CaptureOrder, DeployOrder, InstallOrder, RemovalOrder } from '../../src/fleet/order.ts';
import type {
  CaptureEvidence,
  DeployEvidence,
  InstallEvidence,
  RemovalEvidence,
} from '../../src/fleet/order-evidence.ts';
import type { profileFormSchema } from '../../src/fleet/profile.ts';

export const at = '2026-03-01T08:00:00.000Z';
export const mac = (last: number): string => `52:54:00:00:00:${last.toString(16).padStart(2, '0')}`;

export const disk = (serial: string): Disk => ({
  path: '/dev/vda',
  id: `serial:${serial}`,
  serial,
  sizeBytes: 64 * 2 ** 30,
  logicalSectorBytes: 512,
  rotational: false,
  removable: false,
  readOnly: false,
  transport: 'virtio',
});

export const inventory = (macs: string[], uuid?: string, disks = [disk('A')]): Inventory => ({
  firmware: 'uefi',
  secureBoot: false,
  smbios: { ...(uuid && { uuid }), serial: 'S1' },
  cpu: { model: 'QEMU', cores: 2, threads: 2 },
  memoryBytes: 2 ** 30,
  disks,
  nics: macs.map((address, index) => ({ name: `eth${index}`, mac: address, linkUp: true })),
});

export const machine = (over: Partial<Machine> = {}): Machine => {
  const macs = over.macs ?? [mac(1)];
  return {
    id: 'm1',
    name: 'pc-1',
    macs,
    inventory: inventory(macs, over.uuid),
    registeredAt: at,
    lastSeenAt: at,
    ...over,
  };
};

export const digest = (text: string): string => sha256Hex(text);

export const image: ShelvedImage = {
  ref: 'debian@1',
  digest: digest('manifest'),
  volumes: [
    { kind: 'head', sizeBytes: 1 << 20, digest: digest('head') },
    { kind: 'partition', partition: 1, sizeBytes: 1 << 30, digest: digest('root') },
  ],
};

const filed = { id: 1, machineId: 'm1', filedAt: at, filedBy: 'admin' };

export const order = (over: Partial<DeployOrder> = {}): DeployOrder => ({
  kind: 'deploy',
  ...filed,
  image: image.ref,
  manifestDigest: image.digest,
  hostName: 'pc-1',
  options: {},
  state: 'finishing',
  ...over,
});

export const captureOrder = (over: Partial<CaptureOrder> = {}): CaptureOrder => ({
  kind: 'capture',
  ...filed,
  image: 'debian',
  options: {},
  state: 'verifying',
  ...over,
});

/** As disk('A') is identified. */
export const wiped = { id: 'serial:A', serial: 'A', sizeBytes: 64 * 2 ** 30 };

export const removalOrder = (over: Partial<RemovalOrder> = {}): RemovalOrder => ({
  kind: 'removal',
  ...filed,
  options: { disks: [wiped], method: 'auto', readBack: 'whole' },
  state: 'verifying',
  ...over,
});

/** What an administrator must say at least. */
export const profileForm = (
  over: Partial<z.input<typeof profileFormSchema>> = {},
): z.input<typeof profileFormSchema> => ({
  name: 'lab',
  system: 'debian',
  release: 'bookworm',
  source: 'debian-12',
  disk: { fileSystem: 'ext4' },
  ...over,
});

export const installOrder = (over: Partial<InstallOrder> = {}): InstallOrder => ({
  kind: 'install',
  ...filed,
  hostName: 'pc-1',
  options: {
    profile: 'lab@1',
    system: 'debian',
    release: 'bookworm',
    variables: { ntp: 'ntp.example.edu', domain_key: { secret: true } },
    deadlineMinutes: 60,
  },
  state: 'verifying',
  ...over,
});

export const installEvidence = (over: Partial<InstallEvidence> = {}): InstallEvidence => ({
  kind: 'install',
  osRelease: { id: 'debian', version: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
  diskSerial: 'A',
  durationMs: 5,
  ...over,
});

export const captureEvidence = (over: Partial<CaptureEvidence> = {}): CaptureEvidence => ({
  kind: 'capture',
  agentVersion: '0.1.0',
  image: image.ref,
  manifestDigest: image.digest,
  disk: { id: 'serial:A', serial: 'A', sizeBytes: 64 * 2 ** 30 },
  readBytes: 100,
  sentBytes: 10,
  chunks: { read: 3, sent: 1, known: 2 },
  volumes: image.volumes.map((volume, index) => ({
    kind: volume.kind,
    ...(volume.partition !== undefined && { partition: volume.partition }),
    firstByte: index << 20,
    sizeBytes: volume.sizeBytes,
    readBack: volume.digest,
    how: 'used blocks',
    readBytes: 10,
  })),
  durationMs: 5,
  ...over,
});

export const removalEvidence = (over: Partial<RemovalEvidence> = {}): RemovalEvidence => ({
  kind: 'removal',
  agentVersion: '0.1.0',
  disks: [
    {
      ...wiped,
      attempts: [
        { technique: 'secure-discard', outcome: 'refused', detail: 'not supported' },
        { technique: 'discard', outcome: 'zeros', detail: '' },
      ],
      sanitization: 'clear',
      readBack: { scope: 'whole', readBytes: wiped.sizeBytes },
      durationMs: 4,
    },
  ],
  untouched: [],
  durationMs: 5,
  ...over,
});

export const evidence = (over: Partial<DeployEvidence> = {}): DeployEvidence => ({
  kind: 'deploy',
  agentVersion: '0.1.0',
  manifestDigest: image.digest,
  disk: { id: 'serial:A', serial: 'A', sizeBytes: 64 * 2 ** 30 },
  volumes: image.volumes.map((volume, index) => ({
    kind: volume.kind,
    ...(volume.partition !== undefined && { partition: volume.partition }),
    firstByte: index << 20,
    sizeBytes: volume.sizeBytes,
    readBack: volume.digest,
    handover: volume.digest,
  })),
  fetchedBytes: 1,
  writtenBytes: 2,
  inPlaceBytes: 0,
  copiedBytes: 0,
  unusedBytes: 0,
  zeroedBytes: 3,
  readBackBytes: 4,
  durationMs: 5,
  steps: [{ name: 'grow', outcome: 'done', detail: 'ext4' }],
  ...over,
});
