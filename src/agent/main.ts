import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { asGreifError } from '../core/errors.ts';
import { newId } from '../core/ids.ts';
import { httpChunks } from '../delivery/http-chunks.ts';
import { type AgentLog, createAgentLog } from './agent-log.ts';
import { connectAppliance } from './appliance.ts';
import { startPackPool } from './capture/pack-pool.ts';
import { startDiskThreads } from './disk/disk-threads.ts';
import { serveOrders } from './duty.ts';
import { readDisks } from './hardware/disks.ts';
import { takeInventory } from './hardware/inventory.ts';
import { openSysfs } from './hardware/sysfs.ts';
import { parseKernelArguments } from './kernel-arguments.ts';
import { run } from './programs.ts';
import { powerOff, reboot } from './reboot.ts';
import { openScreen } from './screen.ts';
import { createStatusBoard } from './status-board.ts';
import { mountWith } from './system/mount.ts';

/** Of each kind, for work that keeps a processor busy. */
const threads = Math.min(8, availableParallelism());
const runFolder = '/run/greif';
const agentVersion = process.env['GREIF_AGENT_VERSION'] ?? 'unknown';

/** The same for every start of the agent within one start of the PC: an agent that crashed may check in again with the same token. */
const bootIdentity = async (): Promise<string> => {
  const file = `${runFolder}/agent-boot-id`;
  try {
    return await readFile(file, 'utf8');
  } catch {
    const identity = newId();
    await mkdir(runFolder, { recursive: true });
    await writeFile(file, identity);
    return identity;
  }
};

const serve = async (log: AgentLog, board: ReturnType<typeof createStatusBoard>) => {
  const { server, token, bootId, publicKey } = parseKernelArguments(readFileSync('/proc/cmdline', 'utf8'));
  const sysfs = openSysfs();
  const inventory = takeInventory(sysfs);
  board.set({ server, now: 'checking in' });
  log.info(`boot ${bootId}, appliance ${server}`);
  const withMount = mountWith(run);
  return serveOrders({
    appliance: connectAppliance(server),
    checkIn: { token, agentBootId: await bootIdentity(), agentVersion, inventory },
    tools: {
      publicKey,
      firmware: inventory.firmware,
      disks: () => readDisks(sysfs),
      connectChunks: (signal) =>
        httpChunks({
          baseUrl: server,
          signal,
          onRetry: ({ error }) => log.warn(`the chunk stream is interrupted, going on: ${error.message}`),
        }),
      startPackPool: () => startPackPool(threads, new URL(import.meta.url)),
      startDiskThreads: () => startDiskThreads(threads, new URL(import.meta.url)),
      run,
      withMount,
    },
    view: board.view,
    log,
    signal: new AbortController().signal,
  });
};

const main = async (): Promise<void> => {
  const screen = await openScreen({ display: '/dev/tty0', serial: '/dev/ttyS0' });
  const log = createAgentLog((line) => void screen.note(`greif: ${line}`));
  const board = createStatusBoard(screen, agentVersion);
  log.info(`agent ${agentVersion} is running`);
  try {
    const done = await serve(log, board);
    await (done === 'removal' ? powerOff(run) : reboot(run));
  } catch (thrown) {
    const error = asGreifError(thrown);
    // A fault of our own: the agent's system starts us again. Anything else no retry mends, so the PC stays as it is and says why.
    if (error.code === 'INTERNAL') throw thrown;
    log.error(`${error.code}: ${error.message}`);
    board.set({ now: 'stopped: restart this PC', lastError: `${error.code}: ${error.message}` });
  }
};

// Threads run this same file: see capture/pack-worker.ts and disk/disk-thread.ts.
if (isMainThread) await main();
