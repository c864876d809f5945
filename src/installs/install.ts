import type { OrderState } from '../fleet/order-states.ts';
import type { Purpose } from './tokens.ts';

/** One boot of one machine's installer: for whom its tokens are, and until when. */
export interface Install {
  /** The boot session whose script named the answer. */
  bootId: string;
  orderId: number;
  machineId: string;
  issuedAt: string;
  /** The answer is not served after that. */
  answerUntil: string;
  /** Who first used the answer's token. */
  address?: string | undefined;
  /** When a file of the answer was last delivered whole. */
  deliveredAt?: string | undefined;
  /** When it was known that the installer has its answer. */
  closedAt?: string | undefined;
  /** When a later boot took its place. */
  replacedAt?: string | undefined;
}

export interface FoundToken {
  install: Install;
  purpose: Purpose;
  /** When a token that is good for one call was used up. */
  usedAt?: string | undefined;
}

/** Who asks, and when. */
export interface Asking {
  address: string;
  /** Whether the address is one of the machine's network adapters now; `undefined` when nobody can tell, as behind a router. */
  isMachines: boolean | undefined;
  now: number;
  /** Of the order. */
  state: OrderState;
}

/** Why somebody is refused: `guess` is a token that was never issued. */
export const refusalReasons = ['guess', 'stranger', 'replay', 'late', 'ended'] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** While the order is in which states a token is good. What came late or twice by a lost answer is no misuse. */
const goodIn: Record<Purpose, readonly OrderState[]> = {
  answer: ['claimed', 'installing'],
  script: ['claimed', 'installing'],
  progress: ['claimed', 'installing', 'finishing'],
  finished: ['claimed', 'installing', 'finishing'],
  report: ['installing', 'finishing', 'verifying'],
};

/** An answer and its script hold hashes of passwords and more; the others are only good to tell something. */
export const holdsSecrets = (purpose: Purpose): boolean => purpose === 'answer' || purpose === 'script';

const isStranger = (
  { install: { address: bound }, purpose }: FoundToken,
  { address, isMachines }: Asking,
): boolean => {
  if (isMachines !== undefined) return !isMachines;
  return holdsSecrets(purpose) && bound !== undefined && bound !== address;
};

/**
 * Why a token does not serve who asks; `undefined` when it does. Pure. An installer may come with another address than its boot loader
 * had, so it is the network adapter that counts; where that is not seen the first address that used the answer's token.
 */
export const refusalOf = (found: FoundToken, asking: Asking): RefusalReason | undefined => {
  const { install, purpose, usedAt } = found;
  if (isStranger(found, asking)) return 'stranger';
  if (install.replacedAt !== undefined || usedAt !== undefined) return 'replay';
  if (purpose === 'answer' && install.closedAt !== undefined) return 'replay';
  if (!goodIn[purpose].includes(asking.state)) return 'ended';
  return purpose === 'answer' && asking.now > Date.parse(install.answerUntil) ? 'late' : undefined;
};

/** Some installers read their answer again within seconds; a line of their log that comes later tells that they have it. */
const readAgainWithinMs = 30_000;

/** Whether what was heard of the installer at that time, but for a callback, tells that it has its answer. Pure. */
export const hasAnswer = ({ deliveredAt, closedAt }: Install, now: number): boolean =>
  closedAt === undefined && deliveredAt !== undefined && now - Date.parse(deliveredAt) > readAgainWithinMs;

export interface InstallStore {
  /** Opens a boot; earlier ones of the same order are replaced by it, in one transaction. */
  open(install: Install, tokens: readonly IssuedToken[]): Promise<void>;
  byToken(hash: string): Promise<FoundToken | undefined>;
  /** The order's boot that counts. */
  ofOrder(orderId: number): Promise<Install | undefined>;
  /** The newest that an address used and that counts. */
  atAddress(address: string): Promise<Install | undefined>;
  /** Answers whom the boot is bound to: the first address wins. */
  bind(bootId: string, address: string): Promise<string>;
  delivered(bootId: string, at: string): Promise<void>;
  /** Whether it was open until now. */
  close(bootId: string, at: string): Promise<boolean>;
  /** Whether this was the first use. */
  use(hash: string, at: string): Promise<boolean>;
}

/** SHA-256 of a token, and what it is good for. */
export interface IssuedToken {
  hash: string;
  purpose: Purpose;
}
