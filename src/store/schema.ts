import type { Generated } from 'kysely';
import type { OrderKind, OrderState } from '../fleet/order-states.ts';
import type { SealedProfile, SealedVariable } from '../fleet/ports.ts';
import type { Loader } from '../fleet/room.ts';
import type { Script } from '../fleet/script.ts';
import type { Purpose } from '../installs/tokens.ts';

/** The tables as both databases hold them. Times are ISO 8601 in UTC, structures are JSON as text. */
export interface Tables {
  machines: MachineRow;
  machineMacs: { mac: string; machineId: string };
  orders: OrderRow;
  orderEvents: OrderEventRow;
  bootSessions: BootSessionRow;
  leases: LeaseRow;
  rooms: RoomRow;
  boots: BootRow;
  scripts: Script;
  channelMoves: ChannelMoveRow;
  profiles: SealedProfile;
  variables: SealedVariable;
  installs: InstallRow;
  installTokens: InstallTokenRow;
}

export interface MachineRow {
  id: string;
  name: string;
  uuid: string | null;
  /** JSON: rules by role. */
  disks: string | null;
  room: string | null;
  loader: Loader | null;
  /** Names, as JSON; so are those of rooms. */
  scripts: string | null;
  groups: string | null;
  inventory: string;
  registeredAt: string;
  lastSeenAt: string;
  decommissionedAt: string | null;
}

export interface OrderRow {
  id: Generated<number>;
  machineId: string;
  kind: OrderKind;
  image: string | null;
  manifestDigest: string | null;
  hostName: string | null;
  diskId: string | null;
  /** What else was asked for, by the order's kind. */
  options: string;
  state: OrderState;
  bootId: string | null;
  doneBytes: number | null;
  totalBytes: number | null;
  reason: string | null;
  evidence: string | null;
  certificate: string | null;
  filedAt: string;
  filedBy: string;
  claimedAt: string | null;
  endedAt: string | null;
  lastHeardAt: string | null;
  bootedFromDiskAt: string | null;
}

export interface OrderEventRow {
  id: Generated<number>;
  orderId: number;
  at: string;
  actor: string;
  fromState: OrderState | null;
  toState: OrderState | null;
  cause: string;
  bootId: string | null;
}

export interface BootSessionRow {
  id: string;
  mac: string;
  tokenHash: string;
  createdAt: string;
  agentBootId: string | null;
  sessionHash: string | null;
  machineId: string | null;
}

export interface LeaseRow {
  address: string;
  clientKey: string;
  mac: string;
  hostName: string | null;
  state: 'leased' | 'declined';
  expiresAt: number;
}

export interface RoomRow {
  name: string;
  loader: Loader | null;
  /** 0, 1, or null when nothing is set. */
  menu: number | null;
  unattend: string | null;
  scripts: string | null;
  /** JSON: rules by role. */
  disks: string | null;
}

export interface BootRow {
  id: string;
  mac: string;
  /** Milliseconds since 1970, as those of leases. */
  startedAt: number;
  lastAt: number;
  hasFetched: 0 | 1;
  omitted: number;
  steps: string;
}

export interface ChannelMoveRow {
  id: Generated<number>;
  image: string;
  channel: string;
  /** `null`: the channel was removed. */
  version: number | null;
  movedAt: string;
  movedBy: string;
}

export interface InstallRow {
  bootId: string;
  orderId: number;
  machineId: string;
  issuedAt: string;
  answerUntil: string;
  address: string | null;
  deliveredAt: string | null;
  closedAt: string | null;
  replacedAt: string | null;
}

export interface InstallTokenRow {
  hash: string;
  bootId: string;
  purpose: Purpose;
  usedAt: string | null;
}
