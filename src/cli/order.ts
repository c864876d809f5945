import { type Command, Option } from 'commander';
import { GreifError } from '../core/errors.ts';
import type { Machine } from '../fleet/machine.ts';
import { type Order, type OrderEvent, taskText } from '../fleet/order.ts';
import { isEnded, type OrderKind, type OrderState, orderKinds, orderStates } from '../fleet/order-states.ts';
import { addCertificateVerb } from './certificate.ts';
import { evidenceFacts, evidenceSteps, scriptOutputs } from './evidence.ts';
import { facts, formatTime, percent, table } from './format.ts';
import { chosenScripts } from './script.ts';
import { verb } from './session.ts';
import { setOption, variableFacts } from './values.ts';
import { tellFiled, watchOrder } from './watch.ts';

/** Throws BAD_REQUEST unless it is a whole, positive number. */
const orderParams = (text: string) => {
  if (/^[1-9]\d{0,8}$/.test(text)) return { params: { id: Number(text) } };
  throw new GreifError('BAD_REQUEST', `"${text}" is no order number: greif order list shows them`);
};

const stateOf = ({ state, progress }: Order): string =>
  progress && progress.totalBytes > 0 && !isEnded(state)
    ? `${state} ${percent(progress.doneBytes, progress.totalBytes)} %`
    : state;

/** The image, or the profile. */
const whatOf = (order: Order): string | undefined =>
  order.kind === 'install' ? order.options.profile : 'image' in order ? order.image : undefined;

const orderTable = (orders: Order[], machines: Machine[]): string => {
  if (orders.length === 0) return 'No orders: greif order create MACHINE IMAGE files one.';
  const names = new Map(machines.map(({ id, name }) => [id, name]));
  const rows = orders.map((order) => [
    String(order.id),
    names.get(order.machineId) ?? order.machineId,
    order.kind,
    whatOf(order) ?? '',
    'hostName' in order ? order.hostName : '',
    stateOf(order),
    formatTime(order.filedAt),
    order.reason?.message ?? '',
  ]);
  return table(
    ['ORDER', 'MACHINE', 'KIND', 'IMAGE OR PROFILE', 'HOST NAME', 'STATE', 'FILED', 'REASON'],
    rows,
  );
};

const installFacts = (order: Order): (readonly [string, string | undefined])[] => {
  if (order.kind !== 'install') return [];
  const { system, release, deadlineMinutes, variables, scripts } = order.options;
  return [
    ['system', `${system} ${release}`],
    ['deadline', `${deadlineMinutes} minutes after the claim`],
    ['scripts', scripts?.map(({ name, version }) => `${name}@${version}`).join(', ')],
    ...variableFacts(variables),
  ];
};

const orderText = (order: Order, events: OrderEvent[]): string => {
  const history = events.map(({ at, to, actor, cause }) => [formatTime(at), to ?? '', actor, cause]);
  return [
    facts([
      ['order', String(order.id)],
      ['machine', order.machineId],
      ['kind', order.kind],
      [order.kind === 'install' ? 'profile' : 'image', whatOf(order)],
      ['host name', 'hostName' in order ? order.hostName : undefined],
      ['disk', order.diskId],
      ...installFacts(order),
      ['state', stateOf(order)],
      ['reason', order.reason && `${order.reason.message} (${order.reason.code})`],
      ['booted from disk', formatTime(order.bootedFromDiskAt)],
      ...evidenceFacts(order.evidence),
    ]),
    ...evidenceSteps(order.evidence),
    ...scriptOutputs(order.evidence),
    '',
    table(['TIME', 'STATE', 'BY', 'CAUSE'], history),
  ].join('\n');
};

interface CreateOptions {
  profile?: string;
  set?: Record<string, string>;
  hostName?: string;
  unattend?: string;
  setupCommand?: string[];
  disk?: string;
  role?: string;
  layout?: 'keep' | 'fill';
  newIds?: boolean;
  full?: boolean;
  script?: string[];
  scripts: boolean;
  watch?: boolean;
}

/** Throws BAD_REQUEST for what only an image has. */
const installForm = (machine: string, profile: string, options: CreateOptions) => {
  const { hostName, disk, set, role, layout, newIds, full, unattend, setupCommand } = options;
  if ([role, layout, newIds, full, unattend, setupCommand].some((one) => one !== undefined))
    throw new GreifError(
      'BAD_REQUEST',
      'an install takes --host-name, --set, --disk and --script: what else there is belongs to images',
    );
  const scripts = chosenScripts(options, []);
  return {
    kind: 'install' as const,
    machine,
    profile,
    ...(hostName && { hostName }),
    ...(disk && { diskId: disk }),
    ...(set && { variables: set }),
    ...(scripts && { scripts }),
  };
};

/** Throws BAD_REQUEST unless either an image or a profile is named. */
const formOf = (machine: string, image: string | undefined, options: CreateOptions) => {
  const { profile, set } = options;
  if (profile !== undefined && image === undefined) return installForm(machine, profile, options);
  if (image !== undefined && profile === undefined && set === undefined)
    return createForm(machine, image, options);
  throw new GreifError(
    'BAD_REQUEST',
    'name an image to deploy, or --profile PROFILE to install a system, then with --set NAME=VALUE if you like',
  );
};

const createForm = (machine: string, image: string, options: CreateOptions) => {
  const { hostName, disk, role, layout, newIds, full, unattend, setupCommand } = options;
  const scripts = chosenScripts(options, []);
  return {
    machine,
    image,
    ...(hostName && { hostName }),
    ...(disk && { diskId: disk }),
    ...(scripts && { scripts }),
    ...(role && { role }),
    options: {
      ...(layout && { layout }),
      ...(newIds && { newIds }),
      ...(full && { full }),
      ...(unattend && { unattend }),
      ...(setupCommand && { setupCommands: setupCommand }),
    },
  };
};

const addCreate = (order: Command): void =>
  verb(
    order
      .command('create')
      .description('file an order: the machine is imaged, or installed, at its next start from the network')
      .argument('<machine>', 'id, name or MAC')
      .argument('[image]', 'name@version, name@channel or name (stable, else the newest)')
      .option('--profile <profile>', 'install by this profile (name, or name@version) instead')
      .addOption(setOption("a value of the profile's variable"))
      .option('--host-name <name>', "what the PC is called afterwards (default: the machine's name)")
      .option(
        '--disk <disk>',
        'the disk to write: its id, serial number, WWN or bus address, or a rule as in "only nvme"',
      )
      .option(
        '--role <role>',
        "which of the PC's disks, instead of the image's own role (system unless told)",
      )
      .addOption(
        new Option(
          '--layout <layout>',
          'on a larger disk: keep leaves partitions in their places, fill moves those behind the largest file system to the end',
        ).choices(['keep', 'fill']),
      )
      .option('--new-ids', 'new ids for disk and partitions; file systems keep theirs')
      .option('--full', 'write the whole image, whatever the disk holds already')
      .option('--unattend <template>', "Windows: the template of its answer file (default: its room's)")
      .option('--setup-command <command...>', 'Windows: a line of SetupComplete.cmd; may be repeated')
      .option('--script <script...>', "run these after it (default: the machine's, else its room's)")
      .option('--no-scripts', 'run none')
      .option('--watch', 'follow the order until it ends'),
    async (session, machine: string, image: string | undefined, options: CreateOptions) => {
      const filed = await session.client.fileOrder({ body: formOf(machine, image, options) });
      const next = 'start the PC, or restart it, from the network';
      return tellFiled(session, filed, `${taskText(filed)}; ${next}`, options.watch);
    },
  );

/** `greif order …` */
export const addOrderVerbs = (program: Command): void => {
  const order = program
    .command('order')
    .description(
      'assembly orders: an image or an install for a machine, a capture of its disk, or its removal',
    );
  addCreate(order);
  verb(
    order
      .command('list')
      .description('orders, newest first')
      .option('--machine <machine>', 'of this machine only')
      .addOption(new Option('--kind <kind...>', 'of these kinds only').choices(orderKinds))
      .addOption(new Option('--state <state...>', 'in these states only').choices(orderStates)),
    async ({ client, show }, query: { machine?: string; kind?: OrderKind[]; state?: OrderState[] }) => {
      const { machine, kind, state } = query;
      const orders = await client.listOrders({ query: { machine, kind, state } });
      const machines = await client.listMachines();
      show(orders, () => orderTable(orders, machines));
      return 0;
    },
  );
  verb(
    order
      .command('show')
      .description('an order, its evidence and its history')
      .argument('<order>')
      .option('--log', "an install: the last lines of its installer's log as well"),
    async ({ client, show }, text: string, { log }: { log?: boolean }) => {
      const found = await client.getOrder(orderParams(text));
      const events = await client.orderEvents(orderParams(text));
      const lines = log ? (await client.orderLog(orderParams(text))).lines : [];
      show({ ...found, events, ...(log && { log: lines }) }, () =>
        [orderText(found, events), ...(log ? ['', ...lines] : [])].join('\n'),
      );
      return 0;
    },
  );
  verb(
    order
      .command('watch')
      .description('follow an order until it ends; exit status 0 when it was completed')
      .argument('<order>'),
    (session, text: string) => watchOrder(session, orderParams(text).params.id),
  );
  addCertificateVerb(order, orderParams);
  verb(
    order.command('cancel').description('cancel an order that has not ended').argument('<order>'),
    async ({ client, show }, text: string) => {
      const cancelled = await client.cancelOrder(orderParams(text));
      show(cancelled, () => `order ${cancelled.id} is cancelled`);
      return 0;
    },
  );
};
