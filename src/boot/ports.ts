import type { Machine } from '../fleet/machine.ts';
import type { InstallOrder } from '../fleet/order.ts';
import type { Advice } from './advice/advice-desk.ts';
import type { Dialect } from './advice/advise.ts';
import type { ForeignServer } from './dhcp/foreign-servers.ts';
import type { InstallerBoot } from './installer/installer-boot.ts';
import type { BootClient, BootPlan } from './plan.ts';

/** An address that is a client's until `expiresAt`. It is in the store before its DHCPACK is sent. */
export interface Lease {
  /** Dotted IPv4. */
  address: string;
  /** The client identifier (option 61) in hex; `mac:` and the MAC if it has none or one made of the MAC. */
  clientKey: string;
  mac: string;
  hostName?: string | undefined;
  /** `declined`: the client found the address in use (RFC 2131 section 4.3.3). */
  state: 'leased' | 'declined';
  /** Milliseconds since 1970. */
  expiresAt: number;
}

export interface LeaseStore {
  all(): Promise<Lease[]>;
  /** Inserts or replaces by address, all or none, durable when it returns. */
  save(leases: readonly Lease[]): Promise<void>;
  remove(addresses: readonly string[]): Promise<void>;
}

/** How full a scope is. */
export interface ScopeUse {
  /** The scope's network: `10.20.0.0/16`. */
  scope: string;
  /** How many addresses its pools have. */
  addresses: number;
  /** How many of them a new client could be given. */
  free: number;
}

/** The leases of all scopes, for people and metrics. */
export interface LeaseLedger {
  /** Rising by address, expired and declined ones too. Throws NOT_FOUND for a scope that is none. */
  list(scope?: string): (Lease & { scope: string })[];
  /** Forgets a lease: the address may be given to another client at once. Throws LEASE_NOT_FOUND. */
  remove(address: string): Promise<void>;
  scopes(): ScopeUse[];
}

/** A boot plan with what its script needs. Making one opens a boot session and issues the one-time token. */
export interface PlannedBoot {
  /** The id that runs through boot, agent and order in the log. */
  bootId: string;
  plan: BootPlan;
  /** For the agent's kernel command line; for `discover` and `agent` only. */
  token?: string | undefined;
  /** The public key that the agent shall trust, in base64url; as `token`. */
  key?: string | undefined;
  /** For `install` only. */
  installer?: InstallerBoot | undefined;
}

/** Whom the script renderers ask. */
export interface BootDesk {
  /** `serverUrl`: the appliance as this PC sees it, `http://ADDRESS:PORT`. */
  plan(client: BootClient, serverUrl: string): Promise<PlannedBoot>;
}

/** The boot in which an installer is to start. */
export interface InstallerStart {
  client: BootClient;
  bootId: string;
  /** The appliance as this PC sees it, `http://ADDRESS:PORT`. */
  serverUrl: string;
}

/** Whom the boot desk asks what starts an order's installer. */
export interface InstallerDesk {
  /**
   * Issues the one-time address of the order's answer for this boot, and enters `claimed` where the order is `filed`. Throws what makes
   * the order fail: a source that is gone, an installer that this PC cannot start.
   */
  bootOf(order: InstallOrder, machine: Machine, boot: InstallerStart): Promise<InstallerBoot>;
}

/** How an interface stands that PCs are served on. */
export interface InterfaceStatus {
  name: string;
  dhcp: 'server' | 'proxy' | 'off';
  condition: 'up' | 'down' | 'without address' | 'gone';
  addresses: string[];
  /** DHCP servers on its network that are not this appliance. */
  otherServers: ForeignServer[];
}

/** The boot services as an administrator sees them. */
export interface BootNetwork {
  interfaces(): InterfaceStatus[];
  /** For one kind of DHCP server, or for each. Throws BAD_REQUEST for an interface that is not there or is not clear. */
  advise(interfaceName: string | undefined, dialect: Dialect | undefined): Advice[];
}
