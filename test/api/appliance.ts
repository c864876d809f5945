import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPlanAnswers } from '../../src/answers/plan-answers.ts';
import { createAdminClient } from '../../src/api/client.ts';
import { createAdminApi } from '../../src/api/server/admin.ts';
import { createAgentApi } from '../../src/api/server/agent.ts';
import type { Captures } from '../../src/api/server/captures.ts';
import { followChannels } from '../../src/api/server/channels.ts';
import { otherServerCounts } from '../../src/api/server/dhcp.ts';
import { createImageJobs, type ImageWork } from '../../src/api/server/image-jobs.ts';
import type { ImageStorage } from '../../src/api/server/image-storage.ts';
import { type CataloguedImage, type ImageCatalogue, shelfOf } from '../../src/api/server/images.ts';
import { createMetrics } from '../../src/api/server/metrics.ts';
import { openWindowsShelf } from '../../src/api/server/windows-shelf.ts';
import { LeaseLedger } from '../../src/boot/dhcp/lease-ledger.ts';
import { openBootJournal } from '../../src/boot/journal/journal.ts';
import type { BootNetwork } from '../../src/boot/ports.ts';
import type { Clock } from '../../src/core/clock.ts';
import { GreifError } from '../../src/core/errors.ts';
import { newId, newToken, sha256Hex } from '../../src/core/ids.ts';
import { type Log, silentLog } from '../../src/core/log.ts';
import { createChannelDesk } from '../../src/fleet/channels.ts';
import { createFleetDesk } from '../../src/fleet/desk.ts';
import type { SourceShelf } from '../../src/fleet/install-filing.ts';
import { type Manifest, refOf } from '../../src/image/format/manifest.ts';
import { openKeyRing } from '../../src/image/keys/key-ring.ts';
import { openInstallLogs } from '../../src/installs/install-logs.ts';
import { openSecretKeys } from '../../src/secret-keys.ts';
import { openSourceStore } from '../../src/sources/source-store.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { at, digest, image as shelved } from '../fleet/samples.ts';

export const manifest = (version = 1): Manifest => ({
  format: 'greif-image/1',
  name: 'debian',
  version,
  createdAt: at,
  source: { kind: 'file', file: 'debian.raw', format: 'raw' },
  diskSizeBytes: 2 ** 31,
  minimumDiskBytes: 2 ** 31,
  contentDigest: digest(`content ${version}`),
  table: {
    scheme: 'gpt',
    diskId: 'D',
    sectorBytes: 512,
    partitions: [{ number: 1, firstByte: 1 << 20, sizeBytes: 1 << 30, type: 'T' }],
  },
  volumes: shelved.volumes.map((volume, index) => ({
    kind: volume.kind,
    ...(volume.partition !== undefined && { partition: volume.partition }),
    firstByte: index << 20,
    sizeBytes: volume.sizeBytes,
    index: digest(`index ${index}`),
    chunkCount: 1,
    dataBytes: 1000,
    digest: volume.digest,
  })),
});

const catalogued = (version: number): CataloguedImage => {
  const text = JSON.stringify(manifest(version));
  return { manifest: manifest(version), text, digest: sha256Hex(text) };
};

/** An image store in memory with `debian@1` and `debian@2`. */
export const memoryCatalogue = (): ImageCatalogue => {
  const images = [catalogued(1), catalogued(2)];
  const get = async (ref: string): Promise<CataloguedImage> => {
    const found = images.findLast(({ manifest: m }) => ref === m.name || ref === refOf(m));
    if (!found) throw new GreifError('IMAGE_NOT_FOUND', `there is no image ${ref}`);
    return found;
  };
  return {
    list: async () => images,
    get,
    index: async (name) => (name === digest('index 0') ? Buffer.from('caibx') : undefined),
    verify: async (_ref, { onProgress }) => {
      onProgress({ doneBytes: 10, totalBytes: 10 });
      const bad = [{ id: 'c', reason: 'corrupt', volume: 'head' }];
      return { chunks: 2, bytes: 10, bad, packs: [{ pack: '0a', reason: 'its index is damaged' }] };
    },
    async remove(ref) {
      images.splice(images.indexOf(await get(ref)), 1);
      return [ref];
    },
  };
};

const listen = async (handler: RequestListener): Promise<{ server: Server; url: string }> => {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const storage: ImageStorage = {
  status: async () => ({
    folder: '/images',
    images: 2,
    packs: 3,
    openPacks: 1,
    chunks: 40,
    packBytes: 3 << 20,
    garbageBytes: 1 << 20,
    freeBytes: 5 * 2 ** 30,
    totalBytes: 9 * 2 ** 30,
    reserveBytes: 2 ** 30,
    disks: [
      {
        device: '/dev/sda1',
        mountPoint: '/',
        totalBytes: 9 * 2 ** 30,
        usedBytes: 4 * 2 ** 30,
        freeBytes: 5 * 2 ** 30,
        holdsStore: true,
      },
    ],
  }),
  collect: async () => undefined,
};

export interface ApplianceOptions {
  /** What install orders know of sources; without it those that are imported. */
  sources?: SourceShelf;
  runImport?: ImageWork['import'];
  runExport?: ImageWork['export'];
  log?: Log;
  clock?: Clock;
  network?: BootNetwork;
  captures?: Pick<Captures, 'publish'>;
  /** Stands between the API and its store, to break it. */
  breakStore?: (store: Store) => Store;
}

/** Both APIs over a real SQLite store, on ports of their own. */
export const startAppliance = async (options: ApplianceOptions = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'greif-api-'));
  const log = options.log ?? silentLog;
  const opened = await openStore({ database: 'sqlite', folder, log });
  const store = options.breakStore?.(opened) ?? opened;
  const clock = options.clock ?? Date.now;
  const catalogue = memoryCatalogue();
  const channels = createChannelDesk({ store: store.channels, images: shelfOf(catalogue), clock });
  const images = followChannels(catalogue, channels);
  const runImport = options.runImport ?? (async () => manifest(2));
  const sources = await openSourceStore(join(folder, 'sources'));
  const jobs = createImageJobs({
    work: {
      import: runImport,
      export: options.runExport ?? (async () => {}),
      pull: async () => ({ manifest: manifest(2) }),
      scrub: async () => ({ chunks: 0, bad: [] }),
      importSource: (request) => sources.import(request),
    },
    images,
    clock,
    log,
  });
  const ledger = await LeaseLedger.open(store.leases, clock);
  const network = options.network ?? { interfaces: () => [], advise: () => [] };
  const metrics = createMetrics({ store, leases: ledger, otherServers: () => otherServerCounts(network) });
  const { onTransition } = metrics;
  const keys = await openKeyRing(join(folder, 'keys'));
  const vault = await openSecretKeys(join(folder, 'keys', 'secrets.key'));
  const fleet = createFleetDesk({
    store,
    images: shelfOf(images),
    signer: keys,
    vault,
    sources: options.sources ?? { find: async (name) => sources.get(name) },
    rehearse: (plan) => answers.rehearse(plan),
    clock,
    log,
    onTransition,
  });
  const installLogs = await openInstallLogs(join(folder, 'install-logs'), log);
  const windows = await openWindowsShelf(join(folder, 'windows'), fleet.rooms);
  const answers = createPlanAnswers(windows.templates);
  const shared = {
    fleet,
    windows,
    images: { ...images, signAgain: async () => 2 },
    keys,
    channels,
    metrics,
    log,
  };
  const captures = options.captures ?? {
    publish: () => Promise.reject(new Error('nothing is captured here')),
  };
  const journal = await openBootJournal({ store: store.boots, clock, log });
  const admin = await listen(
    createAdminApi({
      ...shared,
      sources,
      answers,
      jobs,
      storage,
      store,
      journal,
      leases: ledger,
      installLogs,
      network,
      keys,
      clock,
      version: '0.0.0',
    }),
  );
  const agent = await listen(createAgentApi({ ...shared, captures, heartbeatSeconds: 5 }));

  return {
    folder,
    admin: admin.url,
    agent: agent.url,
    client: createAdminClient(admin.url),
    store,
    fleet,
    images,
    keys,
    windows,
    installLogs,
    journal,
    ledger,
    /** What the boot script does for a PC at its power-on. */
    async powerOn(mac: string): Promise<{ bootId: string; token: string }> {
      const token = newToken();
      const bootId = newId();
      await store.bootSessions.create({ id: bootId, mac, tokenHash: sha256Hex(token), createdAt: at });
      return { bootId, token };
    },
    async close() {
      for (const { server } of [admin, agent]) {
        server.close();
        server.closeAllConnections();
      }
      await jobs.close();
      await sources.close();
      await journal.close();
      await opened.close();
      await rm(folder, { recursive: true });
    },
  };
};

export type Appliance = Awaited<ReturnType<typeof startAppliance>>;
