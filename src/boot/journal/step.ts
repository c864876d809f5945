import type { Mac } from '../../core/mac.ts';
import type { OrderState } from '../../fleet/order-states.ts';
import type { Arch, BootPlan } from '../plan.ts';

/** What can happen to a PC on its way from power-on to its disk. */
export const stepKinds = [
  'discover',
  'offer',
  'request',
  'ack',
  'nak',
  'inform',
  'decline',
  'release',
  'exhausted',
  /** A message that was left unanswered; `reason` says why. */
  'ignored',
  /** We have no boot file for this firmware. */
  'no-loader',
  'proxy-offer',
  /** The question at port 4011, and its answer. */
  'proxy-request',
  'proxy-ack',
  'tftp-request',
  'tftp-sent',
  'tftp-aborted',
  'tftp-timed-out',
  'tftp-not-found',
  'tftp-failed',
  'script',
  'http-sent',
  'http-aborted',
  'http-not-found',
  'http-failed',
  'plan',
  'check-in',
  'order',
] as const;
export type StepKind = (typeof stepKinds)[number];

/** Who spoke: the firmware, a loader that it started, our agent (from its first stage on), or any other system's DHCP client. */
export const stages = ['firmware', 'ipxe', 'grub', 'agent', 'system'] as const;
export type Stage = (typeof stages)[number];

/** What is known of a step beside its time; each field only where it means something. */
export interface StepFacts {
  kind: StepKind;
  stage?: Stage | undefined;
  interface?: string | undefined;
  /** The PC's IPv4 address. */
  address?: string | undefined;
  /** The DHCP server that a REQUEST names, when it is not this appliance. */
  server?: string | undefined;
  arch?: Arch | undefined;
  /** A boot file offered, or a file asked for. */
  file?: string | undefined;
  sizeBytes?: number | undefined;
  /** How long a transfer took. */
  ms?: number | undefined;
  plan?: BootPlan['kind'] | undefined;
  orderId?: number | undefined;
  order?: OrderState | undefined;
  /** The id of the boot session, which is also in the log and in the order's history. */
  bootId?: string | undefined;
  reason?: string | undefined;
}

export interface Step extends StepFacts {
  /** Its number within the boot, from 1. */
  n: number;
  /** Milliseconds since 1970. */
  at: number;
}

/** A step as the services tell it: the PC is named by its MAC, or found by its boot session or its address. */
export interface Note extends StepFacts {
  mac?: Mac | undefined;
}

/** One power-on of one PC. */
export interface Boot {
  id: string;
  mac: Mac;
  startedAt: number;
  lastAt: number;
  /** In order of time; the middle ones are missing when there were too many. */
  steps: Step[];
  omitted: number;
}

/** Whether the PC went beyond DHCP: such boots are kept longer than those of MACs that only asked for an address. */
export const hasFetched = ({ steps }: Boot): boolean => steps.some(({ kind }) => !dhcpKinds.has(kind));

const dhcpKinds: ReadonlySet<StepKind> = new Set(stepKinds.slice(0, stepKinds.indexOf('tftp-request')));
