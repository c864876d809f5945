import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { facts, formatBytes, formatDuration } from '../cli/format.ts';
import { asGreifError, errorCatalogue } from '../core/errors.ts';
import { exitOnMisuse } from '../core/misuse.ts';
import type { Order } from '../fleet/order.ts';
import { type Appliance, startAppliance } from './appliance.ts';
import { debianImage } from './debian/image.ts';
import { assemble } from './journey.ts';
import { createPc, type Pc } from './pc.ts';
import { type Firmware, firmwares } from './qemu.ts';
import { assertRoot, enterRoom, type Room } from './room.ts';
import { createScoreboard, type Scoreboard } from './scoreboard.ts';
import { standardPc } from './standard-pc.ts';
import { stockImage } from './stock.ts';

interface Flags {
  firmware: Firmware;
  pcs: number;
  json: boolean;
  keep: boolean;
}

const labFolder = path.resolve(import.meta.dirname, '../../data/lab');
const mostPcs = 16;
const interruptedStatus = 130;

const pcCount = (text: string): number => {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > mostPcs)
    throw new InvalidArgumentError(`a number from 1 to ${mostPcs}.`);
  return count;
};

const commandLine = (): Command =>
  new Command('npm run lab --')
    .description(
      'A room of virtual PCs: each is discovered, imaged with a small Debian, and boots it from its own disk.',
    )
    .addOption(new Option('--firmware <kind>').choices(firmwares).default('bios'))
    .option('--pcs <number>', 'how many PCs at once, 1 GiB of memory each', pcCount, 1)
    .option('--json', 'the completed orders as one JSON array on the last line', false)
    .option('--keep', 'keep disks, logs and the appliance’s data', false)
    .exitOverride(exitOnMisuse)
    .allowExcessArguments(false);

const orderText = (order: Order): string => {
  if (order.kind !== 'deploy') return `order ${order.id} ${order.state}`;
  const { evidence } = order;
  return facts([
    ['order', `${order.id} ${order.state}`],
    ['host name', order.hostName],
    ['image', order.image],
    ['disk', evidence && `${evidence.disk.id}, ${formatBytes(evidence.disk.sizeBytes)}`],
    [
      'written',
      evidence && `${formatBytes(evidence.writtenBytes)} in ${formatDuration(evidence.durationMs)}`,
    ],
    ['read back', evidence && `${formatBytes(evidence.readBackBytes)}, as the image says`],
    ['from disk', order.bootedFromDiskAt],
  ]);
};

/** The PC's last words go with its failure. */
const assembleOrTell = async (
  pc: Pc,
  appliance: Appliance,
  image: string,
  board: Scoreboard,
): Promise<Order | undefined> => {
  const { name } = pc.parts;
  const work = assemble(pc, appliance.client, { image, hostName: name }, (standing) =>
    board.tell(name, standing),
  );
  try {
    return await Promise.race([work, appliance.failed]);
  } catch (error) {
    board.tell(name, { stage: 'failed' });
    board.say(`${name}: ${asGreifError(error).message}\n--- its console:\n${pc.serial.lastLines(15)}\n---`);
    return undefined;
  } finally {
    await pc.powerOff();
  }
};

const runRoom = async (
  room: Room,
  disk: string,
  folder: string,
  flags: Flags,
  board: Scoreboard,
): Promise<Order[]> => {
  const appliance = await startAppliance(room, {
    data: path.join(folder, 'data'),
    images: path.join(labFolder, 'store'),
    logFile: path.join(folder, 'appliance.log'),
  });
  try {
    board.say(`The appliance answers at ${appliance.url} inside the room.`);
    const image = await stockImage(appliance.client, 'debian-12', disk, (doneBytes, totalBytes) =>
      board.tell('image', { stage: 'import', doneBytes, totalBytes }),
    );
    board.tell('image', { stage: `${image} is in the store` });
    const numbers = Array.from({ length: flags.pcs }, (_, index) => index + 1);
    const pcs = await Promise.all(
      numbers.map((number) => {
        const parts = standardPc(number, flags.firmware);
        return createPc(room, parts, path.join(folder, parts.name));
      }),
    );
    const orders = await Promise.all(pcs.map((pc) => assembleOrTell(pc, appliance, image, board)));
    return orders.filter((order) => order !== undefined);
  } finally {
    await appliance.stop();
  }
};

/** Fires at Ctrl-C and its like; a second one ends the process at once. */
const interruption = (): AbortSignal => {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => interrupt.abort());
  return interrupt.signal;
};

const until = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

const main = async (args: readonly string[]): Promise<number> => {
  const flags = commandLine().parse(args, { from: 'user' }).opts<Flags>();
  assertRoot();
  await mkdir(labFolder, { recursive: true });
  const folder = await mkdtemp(path.join(labFolder, 'room-'));
  const interrupted = interruption();
  const board = createScoreboard();
  try {
    // Inside the room there is no way to Debian's mirror.
    const disk = await debianImage(labFolder, (stage) => board.tell('image', { stage }), interrupted);
    const work = runRoom(await enterRoom(), disk, folder, flags, board);
    const orders = await Promise.race([work, until(interrupted)]);
    board.close();
    if (flags.keep) board.say(`Disks and logs are kept in ${folder}`);
    console.log(flags.json ? JSON.stringify(orders) : orders.map(orderText).join('\n\n'));
    return orders.length === flags.pcs ? 0 : 1;
  } catch (error) {
    if (interrupted.aborted) return interruptedStatus;
    throw error;
  } finally {
    if (!flags.keep) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
};

try {
  const status = await main(process.argv.slice(2));
  // After Ctrl-C the work is still under way; the kernel ends PCs and appliance with this process.
  process.exit(status);
} catch (thrown) {
  const error = asGreifError(thrown);
  console.error(`lab: ${error.message} (${error.code})`);
  process.exitCode = errorCatalogue[error.code].exit;
}
