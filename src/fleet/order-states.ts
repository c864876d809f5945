import { z } from 'zod';
import { GreifError } from '../core/errors.ts';

/** How every kind begins and ends. */
const filed = ['claimed', 'cancelled'] as const;
const ends = { completed: [], failed: [], cancelled: [] } as const;
const broken = ['failed', 'cancelled'] as const;
/** What may be begun anew after a power cut goes back into the queue; a half-deployed disk is for a person to look at. */
const resumable = [...broken, 'filed'] as const;

/** Which state may follow which, by the order's kind: the only place that says so. The first successor is the way when all goes well. */
export const orderTransitions = {
  /** An image onto a machine's disk. */
  deploy: {
    filed,
    claimed: ['writing', ...broken],
    writing: ['verifying', ...broken],
    verifying: ['finishing', ...broken],
    finishing: ['completed', ...broken],
    ...ends,
  },
  /** A machine's disk into the image store. */
  capture: {
    filed,
    claimed: ['capturing', ...resumable],
    capturing: ['verifying', ...resumable],
    verifying: ['completed', ...resumable],
    ...ends,
  },
  /** A machine taken out of service: its disks wiped. */
  removal: {
    filed,
    claimed: ['wiping', ...resumable],
    wiping: ['verifying', ...resumable],
    verifying: ['completed', ...resumable],
    ...ends,
  },
  /** A system's own installer onto a machine's disk, by an answer file. */
  install: {
    filed,
    /** The PC got the installer's boot script. */
    claimed: ['installing', ...broken],
    /** The installer fetched its answer file. */
    installing: ['finishing', ...broken],
    /** The installer is done: the agent personalises the system, as that of an image. */
    finishing: ['verifying', ...broken],
    /** Until the installed system says so itself. */
    verifying: ['completed', ...broken],
    ...ends,
  },
} as const satisfies Record<string, Record<string, readonly string[]>>;

export type OrderKind = keyof typeof orderTransitions;
type Union<T> = T extends T ? keyof T : never;
export type OrderState = Union<(typeof orderTransitions)[OrderKind]>;
/** What an agent reports progress of. */
export type OrderStage = Exclude<OrderState, 'filed' | 'claimed' | keyof typeof ends>;

export const orderKinds = Object.keys(orderTransitions) as [OrderKind, ...OrderKind[]];
export const orderStates = [
  ...new Set(Object.values(orderTransitions).flatMap((table) => Object.keys(table))),
] as [OrderState, ...OrderState[]];
export const orderKindSchema = z.enum(orderKinds);
export const orderStateSchema = z.enum(orderStates);

export const isEnded = (state: OrderState): boolean => Object.hasOwn(ends, state);
/** Whether an agent holds the order and must be heard of. */
export const isActive = (state: OrderState): boolean => state !== 'filed' && !isEnded(state);
export const activeStates = orderStates.filter(isActive);
export const openStates = orderStates.filter((state) => !isEnded(state));

/** Which states may follow; none where the kind does not know the state. */
export const successorsOf = (kind: OrderKind, state: OrderState): readonly OrderState[] =>
  (orderTransitions[kind] as Partial<Record<OrderState, readonly OrderState[]>>)[state] ?? [];

/** Throws ORDER_TRANSITION unless `to` may follow `from`. */
export const assertTransition = (kind: OrderKind, from: OrderState, to: OrderState): void => {
  if (!successorsOf(kind, from).includes(to))
    throw new GreifError('ORDER_TRANSITION', `a ${kind} order that is ${from} cannot become ${to}`);
};
