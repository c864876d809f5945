import { createInterface } from 'node:readline/promises';
import { type Command, Option } from 'commander';
import { GreifError } from '../core/errors.ts';
import type { Machine } from '../fleet/machine.ts';
import { type RemovalOrder, readBackScopes, wipeMethods } from '../fleet/order.ts';
import { disksToWipe } from '../fleet/removal.ts';
import { formatBytes, table } from './format.ts';
import { verb } from './session.ts';
import { tellFiled } from './watch.ts';

interface Options {
  disk?: string[];
  all?: boolean;
  method: RemovalOrder['options']['method'];
  readBack: RemovalOrder['options']['readBack'];
  yes?: boolean;
  watch?: boolean;
}

const warning = ({ name }: Machine, disks: RemovalOrder['options']['disks']): string =>
  [
    `${name} goes out of service at its next start from the network. Everything on these disks is lost for good:`,
    table(
      ['DISK', 'MODEL', 'SERIAL', 'SIZE'],
      disks.map(({ id, model, serial, sizeBytes }) => [
        id,
        model ?? '',
        serial ?? '',
        formatBytes(sizeBytes),
      ]),
    ),
  ].join('\n');

/** Throws BAD_REQUEST unless a person types the machine's name. */
const confirm = async (machine: Machine, disks: RemovalOrder['options']['disks']): Promise<void> => {
  if (!process.stdin.isTTY)
    throw new GreifError('BAD_REQUEST', 'this wipes disks: without a terminal to ask on, say --yes');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const asked = `${warning(machine, disks)}\nType the name of the machine to go on: `;
    const typed = await terminal.question(asked);
    if (typed.trim() !== machine.name) throw new GreifError('BAD_REQUEST', 'nothing was filed');
  } finally {
    terminal.close();
  }
};

/** `greif machine decommission`, `recommission` */
export const addDecommissionVerbs = (machine: Command): void => {
  verb(
    machine
      .command('decommission')
      .description("wipe a machine's disks, certify it, and take it out of service: files a removal order")
      .argument('<machine>', 'id, name or MAC')
      .addOption(new Option('--disk <disk...>', 'just these: id, serial number or WWN').conflicts('all'))
      .option('--all', 'every fixed disk')
      .addOption(new Option('--method <method>', 'how to wipe').choices(wipeMethods).default('auto'))
      .addOption(
        new Option('--read-back <scope>', 'how much is read back').choices(readBackScopes).default('whole'),
      )
      .option('--yes', 'do not ask')
      .option('--watch', 'follow the order until it ends'),
    async (session, reference: string, { disk, all, method, readBack, yes, watch }: Options) => {
      const found = await session.client.getMachine({ params: { machine: reference } });
      const disks = disksToWipe(found, all ? 'all' : disk);
      if (!yes) await confirm(found, disks);
      const named = disks.map(({ id }) => id);
      const body = { kind: 'removal', machine: found.id, disks: named, method, readBack } as const;
      const filed = await session.client.fileOrder({ body });
      return tellFiled(session, filed, `${found.name} is wiped at its next start from the network`, watch);
    },
  );
  verb(
    machine
      .command('recommission')
      .description('take a decommissioned machine into service again')
      .argument('<machine>', 'id, name or MAC'),
    async ({ client, show }, reference: string) => {
      const body = { decommissionedAt: null };
      const changed = await client.changeMachine({ params: { machine: reference }, body });
      show(changed, () => `${changed.name} is in service again`);
      return 0;
    },
  );
};
