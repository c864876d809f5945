import type { Command } from 'commander';
import type { LeaseSummary } from '../api/contract/lease.ts';
import { formatTime, table } from './format.ts';
import { verb } from './session.ts';

const leaseTable = (leases: LeaseSummary[]): string =>
  leases.length === 0
    ? 'No leases: addresses are given on interfaces with DHCP mode server.'
    : table(
        ['ADDRESS', 'MAC', 'HOST NAME', 'STATE', 'UNTIL', 'SCOPE'],
        leases.map(({ address, mac, hostName, state, expiresAt, scope }) => [
          address,
          mac,
          hostName ?? '',
          state,
          formatTime(expiresAt),
          scope,
        ]),
      );

/** `greif lease …` */
export const addLeaseVerbs = (program: Command): void => {
  const lease = program.command('lease').description('addresses that PCs have by DHCP');
  const list = lease
    .command('list')
    .description('all leases, expired ones too')
    .option('--scope <network>', 'of one scope only, as in 10.20.0.0/16');
  verb(list, async ({ client, show }) => {
    const leases = await client.listLeases({ query: list.opts<{ scope?: string }>() });
    show(leases, () => leaseTable(leases));
    return 0;
  });
  verb(
    lease
      .command('remove')
      .description('forget the lease of a PC that is gone: its address can be given to another at once')
      .argument('<address>'),
    async ({ client, show }, address: string) => {
      const removed = await client.removeLease({ params: { address } });
      show(removed, () => `${removed.removed} is free`);
      return 0;
    },
  );
};
