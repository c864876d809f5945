import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { GreifError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { Turns } from '../core/turns.ts';
import { runTool } from '../image/import/run-tool.ts';
import { type SmbShare, smbConfig } from './smb-config.ts';

/** Windows connects to no other port. */
export const smbPort = 445;
const startMs = 15_000;
/** Everywhere, and without rights: files are read as root, as they lie in the appliance's own folder. */
const systemAccount = 'nobody';

export interface SmbServer {
  /** What PCs log in with; made anew at each start of the appliance. */
  account: { user: string; password: string };
  /** Shares a folder, and starts smbd if it does not run. `address`: where the PC comes to. Throws UNSUPPORTED, PORT_UNAVAILABLE. */
  share(share: SmbShare, address: string): Promise<void>;
  close(): Promise<void>;
}

export interface SmbServerOptions {
  /** Made anew; nothing in it is kept. */
  stateFolder: string;
  interfaces: readonly string[];
  port?: number;
  log: Log;
}

const unsupported = (reason: string, cause?: unknown): GreifError =>
  new GreifError('UNSUPPORTED', `files cannot be shared by SMB: ${reason}`, { cause });

/** smbd asks for its port after it has begun, and only logs that it was refused. */
const assertFree = async (host: string, port: number): Promise<void> => {
  const trial = createServer();
  trial.listen(port, host);
  await once(trial, 'listening').catch((cause) => {
    throw new GreifError(
      'PORT_UNAVAILABLE',
      `port ${port} of ${host} cannot be had for SMB (${cause.code}): another Samba may have it ("systemctl disable --now smbd")`,
      { cause },
    );
  });
  trial.close();
  await once(trial, 'close');
};

const isListening = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Samba's smbd with a configuration of its own, beside whatever Samba the machine may have. It starts with the first share. */
export const createSmbServer = (options: SmbServerOptions): SmbServer => {
  const { stateFolder, interfaces, port = smbPort, log } = options;
  const account = { user: 'greif', password: randomBytes(16).toString('hex') };
  const configFile = path.join(stateFolder, 'smb.conf');
  const shares = new Map<string, SmbShare>();
  const turns = new Turns(1);
  let running: ChildProcess | undefined;

  const writeConfig = async (): Promise<void> => {
    const text = smbConfig({ interfaces, port, stateFolder }, [...shares.values()]);
    await writeFile(configFile, text);
  };

  const addAccount = async (): Promise<void> => {
    await writeFile(path.join(stateFolder, 'accounts'), `${systemAccount} = ${account.user}\n`);
    const { status, complaint } = await runTool(
      'pdbedit',
      ['-s', configFile, '--create', '--user', systemAccount, '--password-from-stdin'],
      undefined,
      `${account.password}\n${account.password}\n`,
    ).catch((cause) => {
      throw unsupported('install the Debian package samba', cause);
    });
    if (status !== 0) throw unsupported(complaint);
  };

  const ready = async (smbd: ChildProcess, address: string): Promise<void> => {
    for (const end = Date.now() + startMs; smbd.exitCode === null && Date.now() < end; await pause(50))
      if (await isListening(address, port)) return;
    smbd.kill();
    throw new GreifError(
      'PORT_UNAVAILABLE',
      `smbd does not come up on port ${port} of ${address}: its own words are in ${stateFolder}/smbd.log`,
    );
  };

  const start = async (address: string): Promise<void> => {
    if (process.getuid?.() !== 0) throw unsupported('that needs root; or set windows.filesOver to http');
    await assertFree(address, port);
    await rm(stateFolder, { recursive: true, force: true });
    for (const name of ['locks', 'ncalrpc'])
      await mkdir(path.join(stateFolder, name), { recursive: true, mode: 0o700 });
    await writeConfig();
    await addAccount();
    // In a process group of its own: at its end it kills all of that.
    const smbd = spawn('smbd', ['--foreground', '--configfile', configFile], { stdio: 'ignore' });
    smbd.once('error', () => {});
    smbd.once('exit', (status, signal) => {
      if (running !== smbd) return;
      running = undefined;
      log.error('smbd has ended: it is started again with the next install', { status, signal });
    });
    await ready(smbd, address);
    running = smbd;
    log.info('files are shared by SMB', { address, port, shares: [...shares.keys()] });
  };

  return {
    account,
    share: (share, address) =>
      turns.run(async () => {
        const before = shares.get(share.name)?.folder;
        shares.set(share.name, share);
        if (!running) return start(address);
        if (before === share.folder) return;
        await writeConfig();
        running.kill('SIGHUP');
      }),
    close: () =>
      turns.run(async () => {
        const smbd = running;
        running = undefined;
        if (!smbd) return;
        const ended = once(smbd, 'exit');
        smbd.kill();
        await ended;
      }),
  };
};
