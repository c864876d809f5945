import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { conflictProbe } from './conflict-probe.ts';
import { createDhcpDesk, type DhcpDesk } from './dhcp-desk.ts';
import type { LeaseLedger } from './lease-ledger.ts';
import { allScopes, type InterfaceScope } from './scope.ts';
import type { DhcpConfig } from './scope-schema.ts';
import { isInSubnet, type Subnet } from './subnet.ts';

export interface ServerDeskOptions {
  ledger: LeaseLedger;
  dhcp: DhcpConfig;
  clock: Clock;
  log: Log;
}

/** The desk of all interfaces that give addresses, whatever addresses these have by and by. */
export interface ServerDesk extends DhcpDesk {
  /** Serves an interface's network from now on. Throws CONFIG_INVALID and serves on as before when its scope is not possible. */
  serve(face: InterfaceScope, ownAddresses: readonly string[]): void;
}

/** Of an interface's networks the one that it gives addresses of: that of its pool, else one that has a scope, else its first. */
export const homeSubnet = (
  { pool }: Pick<InterfaceScope, 'pool'>,
  subnets: readonly Subnet[],
  scopes: DhcpConfig['scopes'],
): Subnet | undefined =>
  subnets.find((subnet) => pool && isInSubnet(pool.first, subnet)) ??
  subnets.find(({ address }) => scopes.some(({ subnet }) => isInSubnet(address, subnet))) ??
  subnets[0];

export const createServerDesk = ({ ledger, dhcp, clock, log }: ServerDeskOptions): ServerDesk => {
  const probe = dhcp.probeMilliseconds > 0 ? conflictProbe(dhcp.probeMilliseconds) : undefined;
  const faces = new Map<string, InterfaceScope>();
  const own = new Map<string, readonly string[]>();
  const said = new Set<string>();

  const deskOf = (interfaces: readonly InterfaceScope[], ownAddresses: readonly string[]): DhcpDesk => {
    const scopes = allScopes(dhcp, interfaces, ownAddresses);
    return createDhcpDesk({ scopes, ownAddresses, ledger, probe, clock, log });
  };
  let desk = deskOf([], []);

  return {
    answer: (request, site) => desk.answer(request, site),
    serve(face, ownAddresses) {
      const next = new Map([...faces, [face.name, face]]);
      const addresses = [...new Map([...own, [face.name, ownAddresses]]).values()].flat();
      desk = deskOf([...next.values()], addresses);
      faces.set(face.name, face);
      own.set(face.name, ownAddresses);
      for (const use of ledger.scopes()) {
        if (!said.has(use.scope)) log.info('this scope is served', use);
        said.add(use.scope);
      }
    },
  };
};
