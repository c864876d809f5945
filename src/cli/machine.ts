import type { Command } from 'commander';
import type { AdminClient } from '../api/client.ts';
import type { Machine } from '../fleet/machine.ts';
import type { Order } from '../fleet/order.ts';
import { openStates } from '../fleet/order-states.ts';
import type { FrozenValue } from '../fleet/variables.ts';
import { addDecommissionVerbs } from './decommission.ts';
import { diskFacts, diskOption } from './disk-option.ts';
import { facts, formatBytes, formatTime, table } from './format.ts';
import { chosen, loaderOption } from './room.ts';
import { chosenScripts } from './script.ts';
import { verb } from './session.ts';
import { setOption, variableFacts } from './values.ts';

const model = ({ inventory: { smbios } }: Machine): string =>
  [smbios.manufacturer, smbios.product].filter(Boolean).join(' ');

const diskLine = ({ id, model: diskModel, sizeBytes }: Machine['inventory']['disks'][number]): string =>
  `${id}  ${formatBytes(sizeBytes)}${diskModel ? `  ${diskModel}` : ''}`;

const machineTable = (machines: Machine[], open: Order[]): string => {
  if (machines.length === 0) return 'No machines yet: a PC registers when it boots from the network.';
  const rows = machines.map((machine) => {
    const order = open.find(({ machineId }) => machineId === machine.id);
    return [
      machine.name,
      machine.macs[0] ?? '',
      machine.room ?? '',
      model(machine),
      formatBytes(machine.inventory.memoryBytes),
      machine.inventory.disks.map(({ sizeBytes }) => formatBytes(sizeBytes)).join(', '),
      order ? `${order.id} ${order.kind}: ${order.state}` : '',
      machine.decommissionedAt === undefined ? '' : 'out of service',
      formatTime(machine.lastSeenAt),
    ];
  });
  return table(['NAME', 'MAC', 'ROOM', 'MODEL', 'MEMORY', 'DISKS', 'ORDER', 'SERVICE', 'LAST SEEN'], rows);
};

const secureBoot = (state: boolean | null): string =>
  state === null ? 'Secure Boot unknown' : `Secure Boot ${state ? 'on' : 'off'}`;

const machineFacts = (machine: Machine, values: Record<string, FrozenValue>): string => {
  const { cpu, memoryBytes, disks, nics, firmware, smbios, ...rest } = machine.inventory;
  return facts([
    ['name', machine.name],
    ['id', machine.id],
    ['model', model(machine)],
    ['serial number', smbios.serial],
    ['UUID', machine.uuid],
    ['firmware', `${firmware}, ${secureBoot(rest.secureBoot)}`],
    ['processor', `${cpu.model}, ${cpu.cores} cores, ${cpu.threads} threads`],
    ['memory', formatBytes(memoryBytes)],
    ...nics.map(
      ({ name, mac, linkUp }) => ['network', `${mac}  ${name}${linkUp ? '' : ', no link'}`] as const,
    ),
    ...disks.map((disk) => ['disk', diskLine(disk)] as const),
    ...diskFacts(machine.disks),
    ['room', machine.room],
    ['groups', machine.groups?.join(', ')],
    ['loader', machine.loader],
    ['scripts', machine.scripts?.join(', ')],
    ...variableFacts(values),
    ['registered', formatTime(machine.registeredAt)],
    ['last seen', formatTime(machine.lastSeenAt)],
    ['out of service', formatTime(machine.decommissionedAt)],
  ]);
};

/** What is set for the machine itself. */
const ownValues = async (client: AdminClient, { id }: Machine): Promise<Record<string, FrozenValue>> => {
  const places = await client.listVariables({ query: { scope: 'machine' } });
  return places.find(({ owner }) => owner === id)?.values ?? {};
};

/** `greif machine …` */
export const addMachineVerbs = (program: Command): void => {
  const machine = program.command('machine').description('PCs that were seen on the wire');
  verb(machine.command('list').description('all machines'), async ({ client, show }) => {
    const machines = await client.listMachines();
    const open = await client.listOrders({ query: { state: openStates } });
    show(machines, () => machineTable(machines, open));
    return 0;
  });
  verb(
    machine
      .command('show')
      .description('a machine with its inventory')
      .argument('<machine>', 'id, name or MAC'),
    async ({ client, show }, reference: string) => {
      const found = await client.getMachine({ params: { machine: reference } });
      const values = await ownValues(client, found);
      show({ ...found, variables: values }, () => machineFacts(found, values));
      return 0;
    },
  );
  verb(
    machine.command('rename').description('give a machine a name').argument('<machine>').argument('<name>'),
    async ({ client, show }, reference: string, name: string) => {
      const renamed = await client.changeMachine({ params: { machine: reference }, body: { name } });
      show(renamed, () => `${reference} is called ${renamed.name} now`);
      return 0;
    },
  );
  const set = machine
    .command('set')
    .description(
      'choose the room and groups of a machine, what starts it, which of its disks is which, and values of variables',
    )
    .argument('<machine>')
    .option('--room <room>', 'a room by name; an empty name takes the machine out of its room')
    .option('--group <group...>', 'its groups; of two that say something the later counts')
    .option('--no-groups', 'takes it out of all groups')
    .option('--script <script...>', "scripts to run after a deploy, instead of its room's")
    .option('--no-scripts', "run its room's scripts again");
  set.addOption(loaderOption());
  set.addOption(diskOption());
  set.addOption(setOption("a value of a profile's variable"));
  verb(set, async ({ client, show }, reference: string) => {
    const {
      loader,
      room,
      disk,
      group,
      groups,
      set: values,
      ...scripts
    } = set.opts<{
      loader?: 'shim' | 'ipxe' | 'default';
      room?: string;
      group?: string[];
      groups: boolean;
      set?: Record<string, string>;
      disk?: Record<string, string | null>;
      script?: string[];
      scripts: boolean;
    }>();
    const body = {
      loader: chosen(loader),
      room: room === '' ? null : room,
      groups: groups ? group : null,
      disks: disk,
      scripts: chosenScripts(scripts, null),
    };
    const params = { machine: reference };
    if (values) await client.changeMachineVariables({ params, body: { values } });
    const changed = await client.changeMachine({ params, body });
    const own = await ownValues(client, changed);
    show({ ...changed, variables: own }, () => machineFacts(changed, own));
    return 0;
  });
  addDecommissionVerbs(machine);
  verb(
    machine
      .command('remove')
      .description('forget a machine; the history of its orders stays')
      .argument('<machine>'),
    async ({ client, show }, reference: string) => {
      const removed = await client.removeMachine({ params: { machine: reference } });
      show(removed, () => `${removed.removed} is forgotten`);
      return 0;
    },
  );
};
