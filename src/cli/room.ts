import { type Command, Option } from 'commander';
import type { RoomSummary } from '../fleet/rooms.ts';
import { diskOption } from './disk-option.ts';
import { table } from './format.ts';
import { chosenScripts } from './script.ts';
import { verb } from './session.ts';
import { setOption } from './values.ts';

/** `--loader shim|ipxe|default`, for machines and rooms. */
export const loaderOption = (): Option =>
  new Option('--loader <loader>', 'what starts UEFI PCs; default takes the choice back').choices([
    'shim',
    'ipxe',
    'default',
  ]);

/** What the API takes for a choice: `default` is `null` there. */
export const chosen = <Choice extends string>(
  choice: Choice | 'default' | undefined,
): Choice | null | undefined => (choice === 'default' ? null : choice);

const menuText = (menu: boolean | undefined): string => (menu === undefined ? '' : menu ? 'on' : 'off');

const roomTable = (rooms: RoomSummary[]): string =>
  rooms.length === 0
    ? 'No rooms yet: greif machine set MACHINE --room ROOM puts a machine into one.'
    : table(
        ['ROOM', 'MACHINES', 'LOADER', 'MENU', 'UNATTEND', 'SCRIPTS', 'DISKS'],
        rooms.map(({ name, machines, loader, menu, unattend, scripts, disks }) => [
          name,
          String(machines),
          loader ?? '',
          menuText(menu),
          unattend ?? '',
          scripts?.join(', ') ?? '',
          Object.entries(disks ?? {})
            .map((choice) => choice.join('='))
            .join(', '),
        ]),
      );

/** `greif room …` */
export const addRoomVerbs = (program: Command): void => {
  const room = program.command('room').description('rooms, and how their PCs are started');
  verb(room.command('list').description('all rooms'), async ({ client, show }) => {
    const rooms = await client.listRooms();
    show(rooms, () => roomTable(rooms));
    return 0;
  });
  const set = room.command('set').description("choose for a room's PCs").argument('<room>');
  set.addOption(loaderOption());
  set.addOption(diskOption());
  set.addOption(setOption("a value of a profile's variable"));
  set.addOption(
    new Option('--menu <choice>', 'whether iPXE shows a person at the PC what can be started').choices([
      'on',
      'off',
      'default',
    ]),
  );
  set.option('--unattend <template>', "the template of Windows' answer file; an empty name takes it back");
  set.option('--script <script...>', 'scripts to run after a deploy').option('--no-scripts', 'run none');
  verb(set, async ({ client, show }, name: string) => {
    const {
      loader,
      menu,
      unattend,
      disk,
      set: values,
      ...scripts
    } = set.opts<{
      unattend?: string;
      set?: Record<string, string>;
      disk?: Record<string, string | null>;
      loader?: 'shim' | 'ipxe' | 'default';
      menu?: 'on' | 'off' | 'default';
      script?: string[];
      scripts: boolean;
    }>();
    const body = {
      loader: chosen(loader),
      menu: menu && (menu === 'default' ? null : menu === 'on'),
      unattend: unattend === '' ? null : unattend,
      scripts: chosenScripts(scripts, null),
      disks: disk,
    };
    if (values) await client.changeRoomVariables({ params: { room: name }, body: { values } });
    const changed = await client.changeRoom({ params: { room: name }, body });
    show(changed, () => roomTable([changed]));
    return 0;
  });
};
