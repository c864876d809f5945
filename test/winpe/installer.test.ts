import path from 'node:path';
import test from 'ava';
import { openDriverStore } from '../../src/drivers/driver-store.ts';
import { openBootWimStore } from '../../src/winpe/boot-wim-store.ts';
import { chooseImage, createWindowsInstaller } from '../../src/winpe/installer.ts';
import type { SmbServer } from '../../src/winpe/smb-server.ts';
import { plainPc } from '../answers/machines.ts';
import { machine } from '../fleet/samples.ts';
import { importMedium } from './media.ts';

const server = 'http://10.0.0.1:8080';
const values = {
  ...plainPc,
  system: 'windows',
  firmware: 'uefi',
  source: { url: `${server}/sources/win/` },
  disk: { firmware: 'auto', table: 'gpt', scheme: 'plain', fileSystem: 'ntfs' },
  variables: { windows_image: 'Windows 11 Pro' },
} as const;
const urls = {
  wimboot: `${server}/boot/files/custom/wimboot`,
  server,
  source: `${server}/sources/win/`,
  answer: `${server}/install/t-_1/`,
};

const open = async (t: Parameters<typeof importMedium>[0], hasCurl: boolean, isSmb: boolean) => {
  const { folder, source, store } = await importMedium(t, { hasCurl });
  const drivers = await openDriverStore(path.join(folder, 'drivers'));
  const bootWims = await openBootWimStore(path.join(folder, 'winpe'), drivers);
  const shared: { name: string; folder: string }[] = [];
  const smb: SmbServer = {
    account: { user: 'greif', password: 'abc' },
    share: async (share) => void shared.push(share),
    close: async () => {},
  };
  const installer = createWindowsInstaller({
    media: store,
    bootWims,
    drivers,
    smb: isSmb ? smb : undefined,
  });
  return { source, installer, shared };
};

test('over HTTP: the medium’s files, the prepared boot.wim, then what is of this PC alone', async (t) => {
  const { source, installer } = await open(t, true, false);
  const ready = await installer.prepare(source, machine(), 'Windows 11 Pro');
  const plan = installer.plan(source, ready, urls);
  t.deepEqual(plan, {
    kind: 'wimboot',
    wimboot: urls.wimboot,
    files: [
      { name: 'BCD', url: `${server}/sources/win/boot/bcd` },
      { name: 'boot.sdi', url: `${server}/sources/win/boot/boot.sdi` },
      { name: 'boot.wim', url: `${server}/winpe/${ready.digest}/boot.wim` },
      { name: 'greif-install.cmd', url: `${server}/install/t-_1/greif-install.cmd` },
      { name: 'greif-disk.txt', url: `${server}/install/t-_1/greif-disk.txt` },
      { name: 'autounattend.xml', url: `${server}/install/t-_1/autounattend.xml` },
    ],
  });
  const files = await installer.files(values, source);
  const served = [...files.map(({ name }) => name), 'autounattend.xml'];
  t.deepEqual(
    served,
    plan.files.slice(3).map(({ name }) => name),
    'all that is loaded is served',
  );
  t.regex(files[0]?.text ?? '', /"http:\/\/10\.0\.0\.1:8080\/sources\/win\/sources\/install\.wim"/);
  t.regex(files[0]?.text ?? '', /\/Index:2 /);
});

test('over SMB: a share of the medium’s files, and no need of curl', async (t) => {
  const { source, installer, shared } = await open(t, false, true);
  const plan = installer.plan(source, await installer.prepare(source, machine(), 'Windows 11 Pro'), urls);
  const files = await installer.files({ ...values, variables: {} }, source);
  t.deepEqual(
    [...files.map(({ name }) => name), 'autounattend.xml'],
    plan.files.slice(3).map(({ name }) => name),
  );
  t.is(shared[0]?.name, 'greif-win');
  t.regex(files[0]?.text ?? '', /^net use Z: "\\\\10\.0\.0\.1\\greif-win" "abc" "\/user:greif"/m);
});

test('what cannot be installed is said before the PC starts', async (t) => {
  const { source, installer } = await open(t, false, false);
  const refused = { code: 'INSTALLER_UNBOOTABLE' } as const;
  await t.throwsAsync(installer.prepare(source, machine(), 'Windows 11 Pro'), {
    ...refused,
    message: /filesOver to smb/,
  });
  const { source: good, installer: able } = await open(t, true, false);
  await t.throwsAsync(able.prepare(good, machine(), ''), { ...refused, message: /2 systems/ });
  const images = [
    { index: 1, name: 'Home' },
    { index: 6, name: 'Pro' },
  ];
  t.is(chooseImage({ images }, 'Pro', 'win'), 6);
  t.is(chooseImage({ images: images.slice(1) }, '', 'win'), 6);
  t.throws(() => chooseImage({ images }, '', 'win'), { ...refused, message: /2 systems.*"Home", "Pro"/ });
  t.throws(() => chooseImage({ images }, 'pro', 'win'), { ...refused, message: /no system "pro"/ });
});
