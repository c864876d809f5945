import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { InstallerDesk } from '../src/boot/ports.ts';
import { createLog } from '../src/core/log.ts';
import { parseMac } from '../src/core/mac.ts';
import { openDriverStore } from '../src/drivers/driver-store.ts';
import type { InstallPlan } from '../src/fleet/install-plan.ts';

import { openWindowsInstalls } from '../src/windows-installs.ts';
import { installOrder, inventory, mac, machine } from './fleet/samples.ts';
import { importMedium } from './winpe/media.ts';

const log = createLog({ level: 'error', format: 'json' });
const serverUrl = 'http://10.0.0.1:8080';
const order = { ...installOrder(), options: { ...installOrder().options, system: 'windows' as const } };
const start = {
  client: { mac: parseMac(mac(1)), arch: 'uefi-x64' as const },
  bootId: 'b1',
  serverUrl,
};

const setUp = async (t: ExecutionContext, { hasWimboot = true, image = 'Windows 11 Pro' } = {}) => {
  const { folder, sources, store } = await importMedium(t);
  const boot = path.join(folder, 'boot');
  await mkdir(path.join(boot, 'custom'), { recursive: true });
  if (hasWimboot) await writeFile(path.join(boot, 'custom/wimboot'), 'wimboot');
  const issued: string[] = [];
  const opened = await openWindowsInstalls({
    config: {
      folders: { boot, images: folder, data: folder },
      windows: { filesOver: 'http' },
      interfaces: [],
    },
    sources,
    media: store,
    drivers: await openDriverStore(path.join(folder, 'drivers')),
    ownIpxe: {},
    onKernelBytes: () => {},
    log,
    started: new AsyncDisposableStack(),
  });
  const plan = {
    profile: { system: 'windows', source: 'win' },
    variables: { windows_image: { value: image, from: 'profile' } },
  } as unknown as InstallPlan;
  const others: InstallerDesk = { bootOf: () => Promise.reject(new Error("another system's")) };
  const desk = opened.besides(others, {
    installs: {
      async issue(_, bootId) {
        issued.push(bootId);
        return 't-_1';
      },
    },
    planner: { ofOrder: async () => plan },
  });
  return { desk, issued };
};

test('a Windows order starts Windows PE by wimboot, with its own files from the one-time address', async (t) => {
  const { desk, issued } = await setUp(t);
  const boot = await desk.bootOf(order, machine(), start);
  if (boot.kind !== 'wimboot') return t.fail();
  t.is(boot.wimboot, `${serverUrl}/boot/files/custom/wimboot`);
  t.deepEqual(
    boot.files.map(({ name }) => name),
    ['BCD', 'boot.sdi', 'boot.wim', 'greif-install.cmd', 'greif-disk.txt', 'autounattend.xml'],
  );
  t.is(boot.files.at(-1)?.url, `${serverUrl}/install/t-_1/autounattend.xml`);
  t.deepEqual(issued, ['b1']);
  await t.throwsAsync(desk.bootOf(installOrder(), machine(), start), { message: "another system's" });
});

test('no address is issued for a PC that cannot start Windows PE, or for a Windows that there is not', async (t) => {
  const refused = { code: 'INSTALLER_UNBOOTABLE' } as const;
  const without = await setUp(t, { hasWimboot: false });
  await t.throwsAsync(without.desk.bootOf(order, machine(), start), { ...refused, message: /no wimboot/ });
  const wrong = await setUp(t, { image: 'Windows 3.1' });
  await t.throwsAsync(wrong.desk.bootOf(order, machine(), start), {
    ...refused,
    message: /"Windows 11 Pro"/,
  });
  const locked = machine({ inventory: { ...inventory([mac(1)]), secureBoot: true } });
  await t.throwsAsync(wrong.desk.bootOf(order, locked, start), { ...refused, message: /Secure Boot/ });
  t.deepEqual([...without.issued, ...wrong.issued], []);
});
