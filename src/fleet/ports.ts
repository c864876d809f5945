import type { ChannelMove } from './channel.ts';
import type { Machine } from './machine.ts';
import type { CaptureOrder, DeployOrder, InstallOrder, Order, OrderEvent, RemovalOrder } from './order.ts';
import type { OrderKind, OrderState } from './order-states.ts';
import type { Room } from './room.ts';
import type { Script } from './script.ts';
import type { Scope } from './variables.ts';

/** Who a PC says it is, as far as the protocol in use can tell. */
export interface MachineIdentity {
  macs: readonly string[];
  uuid?: string | undefined;
}

export interface MachineStore {
  get(id: string): Promise<Machine | undefined>;
  /** As `identifyMachine` (identify.ts) chooses: by any MAC; with no MAC asked for, by a SMBIOS UUID that only one machine has. */
  identify(identity: MachineIdentity): Promise<Machine | undefined>;
  list(): Promise<Machine[]>;
  /** Inserts or replaces, with its MACs, in one transaction. A MAC belongs to one machine at most: it moves to the newest. Throws NAME_TAKEN. */
  save(machine: Machine): Promise<void>;
  remove(id: string): Promise<void>;
}

/** What is set for rooms; a room without an entry has no settings. */
export interface RoomStore {
  /** By name. */
  list(): Promise<Room[]>;
  /** Inserts or replaces. */
  save(room: Room): Promise<void>;
  remove(name: string): Promise<void>;
}

/** What may change beside the state in a transition. */
export type OrderPatch = Partial<
  Pick<
    Order,
    | 'bootId'
    | 'progress'
    | 'reason'
    | 'evidence'
    | 'claimedAt'
    | 'endedAt'
    | 'lastHeardAt'
    | 'bootedFromDiskAt'
  >
> &
  Pick<RemovalOrder, 'certificate'>;
type Asked = 'kind' | 'machineId' | 'diskId' | 'options' | 'filedAt' | 'filedBy';
export type NewOrder =
  | Pick<DeployOrder, Asked | 'image' | 'manifestDigest' | 'hostName'>
  | Pick<CaptureOrder, Asked | 'image'>
  | Pick<RemovalOrder, Asked>
  | (Pick<InstallOrder, Asked | 'hostName'> & {
      /** Values of secret variables by name, encrypted: kept beside the order until it ends. */
      secrets?: Readonly<Record<string, string>>;
    });
export type NewEvent = Pick<OrderEvent, 'at' | 'actor' | 'cause' | 'bootId'>;

export interface OrderStore {
  /** Files the order with its first event. Throws ORDER_CONFLICT when the machine has one that has not ended. */
  file(order: NewOrder, event: NewEvent): Promise<Order>;
  get(id: number): Promise<Order | undefined>;
  /** Newest first. */
  list(filter?: {
    machineId?: string;
    kinds?: readonly OrderKind[];
    states?: readonly OrderState[];
  }): Promise<Order[]>;
  /** The machine's order that has not ended, if any. */
  open(machineId: string): Promise<Order | undefined>;
  /**
   * State, patch and event in one transaction, in which a completed removal also marks its machine as decommissioned; an order that is filed again forgets who held it. Throws ORDER_TRANSITION when the order is not
   * (any more) in a state that allows it.
   */
  transition(id: number, to: OrderState, event: NewEvent, patch?: OrderPatch): Promise<Order>;
  /** Progress and heartbeat: no event, only while active. Throws ORDER_CONFLICT otherwise. */
  heard(id: number, at: string, progress?: Order['progress']): Promise<Order>;
  /** A note in the history, with a patch if there is something to keep. */
  note(id: number, event: NewEvent, patch?: OrderPatch): Promise<void>;
  events(id: number): Promise<OrderEvent[]>;
}

/** One power-on of one PC: made when its boot script is rendered, ended by the next one. */
export interface BootSession {
  /** The id that runs through boot, agent and order in the log. */
  id: string;
  mac: string;
  /** SHA-256 of the one-time token on the agent's kernel command line. */
  tokenHash: string;
  createdAt: string;
  /** Set when the token was exchanged: the agent's own random id, and the SHA-256 of its session. */
  agentBootId?: string | undefined;
  sessionHash?: string | undefined;
  machineId?: string | undefined;
}

export interface BootSessionStore {
  create(session: BootSession): Promise<void>;
  byToken(tokenHash: string): Promise<BootSession | undefined>;
  bySession(sessionHash: string): Promise<BootSession | undefined>;
  /** Exchanges the token: succeeds once, and again only for the same `agentBootId`. Throws TOKEN_USED otherwise. Atomic. */
  exchange(
    tokenHash: string,
    use: { agentBootId: string; sessionHash: string; machineId: string },
  ): Promise<void>;
  /** Forgets sessions made before that time. */
  prune(before: string): Promise<void>;
}

/** Where channels point, as the moves that took them there. */
export interface ChannelStore {
  move(move: ChannelMove): Promise<void>;
  /** The last move of each channel that is not removed, by image and channel; of one image only, if named. */
  list(image?: string): Promise<ChannelMove[]>;
  /** All moves of an image's channels, newest first. */
  history(image: string): Promise<ChannelMove[]>;
}

/** For health checks and metrics. */
export interface StoreGauge {
  /** Resolves when the database really answers. */
  ping(): Promise<void>;
  countOrders(): Promise<{ kind: OrderKind; state: OrderState; count: number }[]>;
}

export interface ScriptStore {
  /** The newest version of each, by name. */
  list(): Promise<Script[]>;
  /** The newest version unless one is named. */
  get(name: string, version?: number): Promise<Script | undefined>;
  /** A version that is not there yet. */
  add(script: Script): Promise<void>;
  /** All versions. */
  remove(name: string): Promise<void>;
}

/** A version of a profile, encrypted: it may hold the hashes of passwords. */
export interface SealedProfile {
  name: string;
  version: number;
  /** SHA-256 of what is sealed. */
  digest: string;
  sealed: string;
  addedAt: string;
  addedBy: string;
}

export interface ProfileStore {
  /** All versions, by name and version. */
  list(): Promise<SealedProfile[]>;
  /** The newest version unless one is named. */
  get(name: string, version?: number): Promise<SealedProfile | undefined>;
  /** A version that is not there yet. */
  add(profile: SealedProfile): Promise<void>;
  /** The same content under another key. */
  reseal(profile: Pick<SealedProfile, 'name' | 'version' | 'sealed'>): Promise<void>;
  /** All versions. */
  remove(name: string): Promise<void>;
}

/** Where values are set: whose they are is a room's or group's name, a machine's or order's id; the site's is empty. */
export interface VariablePlace {
  scope: Scope;
  owner: string;
}

export type SealedVariable = VariablePlace & { name: string; sealed: string };

/** Values of variables, encrypted; those of an order go with its end, those of a machine with it. */
export interface VariableStore {
  list(place?: Partial<VariablePlace>): Promise<SealedVariable[]>;
  /** Atomic. */
  change(
    place: VariablePlace,
    change: { save: Readonly<Record<string, string>>; remove: readonly string[] },
  ): Promise<void>;
  /** The same content under another key, if it is still there. */
  reseal(variable: SealedVariable): Promise<void>;
}

export interface FleetStore {
  profiles: ProfileStore;
  variables: VariableStore;
  scripts: ScriptStore;
  machines: MachineStore;
  rooms: RoomStore;
  orders: OrderStore;
  bootSessions: BootSessionStore;
  close(): Promise<void>;
}
