import { type Command, Option } from 'commander';
import { type Advice, dialectSchema, type InterfaceView } from '../api/contract/dhcp.ts';
import { formatTime, table } from './format.ts';
import { verb } from './session.ts';

const serverText = ({ address, mac, lastSeenAt }: InterfaceView['otherServers'][number]): string =>
  `${address}${mac ? ` (${mac})` : ''}, ${formatTime(lastSeenAt)}`;

const statusTable = (interfaces: readonly InterfaceView[]): string =>
  interfaces.length === 0
    ? 'No interface is served: start the appliance with --interface NAME.'
    : table(
        ['INTERFACE', 'DHCP', 'STATE', 'ADDRESSES', 'OTHER DHCP SERVERS, LAST SEEN'],
        interfaces.map(({ name, dhcp, condition, addresses, otherServers }) => [
          name,
          dhcp,
          condition,
          addresses.join(', '),
          dhcp === 'off' ? 'not looked for' : otherServers.map(serverText).join('; ') || 'none',
        ]),
      );

/** One alone is ready to be piped into a file; several need their names. */
const adviceText = (advice: readonly Advice[]): string => {
  const [only, ...others] = advice;
  const texts =
    only && others.length === 0
      ? [only.settings]
      : advice.map(({ title, settings }) => `==== ${title}\n${settings}`);
  return texts.join('\n').trimEnd();
};

/** `greif dhcp …` */
export const addDhcpVerbs = (program: Command): void => {
  const dhcp = program.command('dhcp').description('DHCP on the networks of the PCs');
  verb(
    dhcp.command('status').description('the interfaces, and other DHCP servers on their networks'),
    async ({ client, show }) => {
      const status = await client.dhcpStatus();
      show(status, () => statusTable(status.interfaces));
      return 0;
    },
  );
  const advise = dhcp.command('advise').description('print what the site’s own DHCP server must be told');
  advise.option('--interface <name>', 'the interface of this appliance that the PCs see');
  advise.addOption(
    new Option('--for <server>', 'the DHCP server; without it advice for each').choices(
      dialectSchema.options,
    ),
  );
  verb(advise, async ({ client, show }) => {
    const query = advise.opts<{ interface?: string; for?: Advice['for'] }>();
    const advice = await client.dhcpAdvice({ query: { interface: query.interface, for: query.for } });
    show(advice, () => adviceText(advice));
    return 0;
  });
};
