import type { BootFacts } from './boot-facts.ts';
import { adviseCisco } from './cisco.ts';
import { adviseDnsmasq } from './dnsmasq.ts';
import { adviseIsc } from './isc.ts';
import { adviseKea } from './kea.ts';
import { adviseMikrotik } from './mikrotik.ts';
import { adviseWindows } from './windows.ts';

/** The DHCP servers that we can tell what to set, and how each is told. */
export const dialects = {
  isc: { title: 'ISC dhcpd', render: adviseIsc },
  kea: { title: 'Kea', render: adviseKea },
  dnsmasq: { title: 'dnsmasq', render: adviseDnsmasq },
  windows: { title: 'Windows DHCP', render: adviseWindows },
  mikrotik: { title: 'MikroTik RouterOS', render: adviseMikrotik },
  cisco: { title: 'Cisco IOS', render: adviseCisco },
} as const satisfies Record<string, { title: string; render(facts: BootFacts): string[] }>;

export type Dialect = keyof typeof dialects;

/** Settings for a site's own DHCP server, ready to be pasted. Pure. */
export const advise = (dialect: Dialect, facts: BootFacts): string =>
  `${dialects[dialect].render(facts).join('\n')}\n`;
