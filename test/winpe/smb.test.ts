import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { createLog } from '../../src/core/log.ts';
import { shareName, smbConfig } from '../../src/winpe/smb-config.ts';
import { createSmbServer } from '../../src/winpe/smb-server.ts';
import { freePort } from '../free-port.ts';
import { temporaryFolder } from '../image/temporary-folder.ts';
import { tool } from '../image/tool.ts';

const host = '127.0.0.1';
const log = createLog({ level: 'error', format: 'json' });

const serve = async (t: ExecutionContext) => {
  const folder = await temporaryFolder(t);
  const medium = path.join(folder, 'medium');
  await mkdir(path.join(medium, 'sources'), { recursive: true, mode: 0o700 });
  await writeFile(path.join(medium, 'sources/install.wim'), 'MSWIM', { mode: 0o600 });
  await writeFile(path.join(folder, 'secret'), 'outside');
  await symlink('../secret', path.join(medium, 'link'));
  const port = await freePort();
  const stateFolder = path.join(folder, 'state');
  const server = createSmbServer({ stateFolder, interfaces: ['lo'], port, log });
  t.teardown(() => server.close());
  const client = (share: string, commands: string, login: string): Promise<string> =>
    tool('smbclient', '--port', `${port}`, '--user', login, `//${host}/${share}`, '--command', commands);
  const { user, password } = server.account;
  return { folder, medium, server, client, login: `${user}%${password}` };
};

test('an SMB client with the account reads the share, and changes nothing', async (t) => {
  const { folder, medium, server, client, login } = await serve(t);
  await server.share({ name: shareName('win'), folder: medium }, host);
  t.regex(await client('greif-win', 'cd sources; ls', login), /install\.wim/);
  t.regex(await client('greif-win', 'get sources\\install.wim -', login), /MSWIM/);
  for (const command of ['put /etc/hostname new', 'mkdir new', 'del sources\\install.wim'])
    await client('greif-win', command, login).catch(() => {});
  t.deepEqual((await readdir(medium, { recursive: true })).sort(), [
    'link',
    'sources',
    'sources/install.wim',
  ]);
  await t.throwsAsync(client('greif-win', 'get link -', login), undefined, 'a link leads nowhere');
  for (const wrong of ['greif%guess', 'nobody%', 'root%', '%'])
    await t.throwsAsync(client('greif-win', 'ls', wrong), undefined, wrong);
  const other = path.join(folder, 'other');
  await mkdir(other);
  await writeFile(path.join(other, 'second.txt'), 'second');
  await Promise.all([
    server.share({ name: shareName('win'), folder: medium }, host),
    server.share({ name: shareName('other'), folder: other }, host),
  ]);
  t.regex(await client('greif-other', 'get second.txt -', login), /second/);
  await server.close();
  await t.throwsAsync(client('greif-other', 'ls', login));
});

test('a port that is taken is said', async (t) => {
  const folder = await temporaryFolder(t);
  const taken = createServer().listen(0, host);
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as { port: number };
  const server = createSmbServer({
    stateFolder: path.join(folder, 'state'),
    interfaces: ['lo'],
    port,
    log,
  });
  await t.throwsAsync(server.share({ name: 'a', folder }, host), { code: 'PORT_UNAVAILABLE' });
});

test('no value leaves its line, and no source has a name that Samba understands in its own way', (t) => {
  const config = { interfaces: ['eth1'], port: 445, stateFolder: '/data/smb' };
  for (const folder of ['/data/50%/files', '/data/a\nguest ok = yes'])
    t.throws(() => smbConfig(config, [{ name: 'greif-a', folder }]), { code: 'CONFIG_INVALID' });
  t.is(shareName('homes'), 'greif-homes');
  t.regex(smbConfig(config, []), /^server signing = mandatory$/m);
});
