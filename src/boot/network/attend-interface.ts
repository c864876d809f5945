import { asGreifError, type GreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { joinFaults, type Service } from '../../core/start-all.ts';
import { type InterfaceState, readInterfaces, requireInterface } from './interfaces.ts';

/** Something that runs as long as its key is wanted: on this address, of this incarnation of the interface. */
export interface Unit {
  key: string;
  open(): Promise<Service>;
}

export type Condition = 'up' | 'down' | 'without address' | 'gone';

export interface AttendOptions {
  name: string;
  /** What is to run now. Not asked while the interface is gone. */
  unitsOf(state: InterfaceState, interfaces: ReadonlyMap<string, InterfaceState>): Unit[];
  log: Log;
  everyMs?: number | undefined;
}

export interface Attendance extends Service {
  condition(): Condition;
  /** The addresses that are served. */
  addresses(): string[];
}

const defaultEveryMs = 1000;

const conditionOf = (state: InterfaceState | undefined): Condition => {
  if (!state) return 'gone';
  if (!state.isUp) return 'down';
  return state.subnets.length === 0 ? 'without address' : 'up';
};

/**
 * Pure: which units to close and which to open. An interface that is switched off keeps what it has, since nothing can be opened
 * there until it is on again.
 */
export const planUnits = (
  running: readonly string[],
  wanted: readonly Unit[],
  condition: Condition,
): { close: string[]; open: Unit[] } => ({
  close: running.filter((key) => !wanted.some((unit) => unit.key === key)),
  open: condition === 'up' ? wanted.filter(({ key }) => !running.includes(key)) : [],
});

const remedies: Record<Exclude<Condition, 'up'>, string> = {
  down: 'the interface is switched off: ip link set … up',
  'without address':
    'the interface has no IPv4 address: ip address add … (PCs are served as soon as it has one)',
  gone: 'the interface is gone; PCs are served again when it is back',
};

/**
 * Serves an interface through its life: addresses come and go, it is switched off and on, taken away and made anew. The kernel is asked again and
 * again, which costs a fraction of a millisecond. Throws CONFIG_INVALID when there is no such interface, and what the units throw, for
 * the first time only; later faults are logged, once each, and tried again.
 */
export const attendInterface = async (options: AttendOptions): Promise<Attendance> => {
  const { name, unitsOf, log, everyMs = defaultEveryMs } = options;
  const running = new Map<string, Service>();
  let state: InterfaceState | undefined;
  let said = '';

  const close = async (keys: readonly string[]): Promise<void> => {
    for (const key of keys) {
      await running.get(key)?.close();
      running.delete(key);
    }
  };

  const say = (faults: readonly GreifError[]): void => {
    const condition = conditionOf(state);
    const addresses = state?.subnets.map(({ address }) => address) ?? [];
    const now = [condition, ...addresses, ...faults.map(({ message }) => message)].join('\n');
    if (now === said) return;
    said = now;
    if (condition !== 'up') log.warn(remedies[condition]);
    else if (faults.length === 0) log.info('the interface is served', { addresses });
    for (const { message } of faults) log.error(`not served, will be tried again: ${message}`);
  };

  /** The faults of what could not be opened. */
  const settle = async (): Promise<GreifError[]> => {
    const interfaces = readInterfaces();
    state = interfaces.get(name);
    const wanted = state ? unitsOf(state, interfaces) : [];
    const plan = planUnits([...running.keys()], wanted, conditionOf(state));
    await close(plan.close.toReversed());
    const faults: GreifError[] = [];
    for (const { key, open } of plan.open)
      await open().then(
        (service) => running.set(key, service),
        (thrown: unknown) => faults.push(asGreifError(thrown)),
      );
    return faults;
  };

  requireInterface(name);
  const faults = await settle();
  if (faults.length > 0) {
    await close([...running.keys()].toReversed());
    throw joinFaults(faults);
  }
  say([]);

  let isClosed = false;
  let timer: NodeJS.Timeout;
  let turn: Promise<void> = Promise.resolve();
  const again = (): void => {
    timer = setTimeout(() => {
      turn = settle()
        .then(say, (fault) => log.error('the interface could not be looked at', { reason: String(fault) }))
        .then(() => {
          if (!isClosed) again();
        });
    }, everyMs).unref();
  };
  again();

  return {
    condition: () => conditionOf(state),
    addresses: () => state?.subnets.map(({ address }) => address) ?? [],
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await turn;
      await close([...running.keys()].toReversed());
    },
  };
};
