import { once } from 'node:events';
import type { Cable } from '../cable.ts';

const periodSeconds = 2;
/** Of a passing rate at most one exchange in a hundred may be lost. */
const mostLost = 0.01;
const firstRate = 2000;
const step = 1.4;
const bisections = 3;

interface Exchanges {
  begun: number;
  completed: number;
}

const numbersAfter = (words: string, text: string): number[] =>
  [...text.matchAll(new RegExp(`${words}: (\\d+)`, 'g'))].map(([, number]) => Number(number));

/** DISCOVER, OFFER, REQUEST, ACK with so many different clients, begun at an even rate whatever comes back. */
const exchange = async (cable: Cable, rate: number, clients: number): Promise<Exchanges> => {
  const child = cable.spawnClient(
    'perfdhcp',
    ['-4', '-l', 'clients', '-r', `${rate}`, '-p', `${periodSeconds}`, '-R', `${clients}`, '-W', '500000'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let output = '';
  child.stdout?.on('data', (text) => (output += text));
  await once(child, 'close');
  const begun = numbersAfter('sent packets', output)[0];
  const completed = numbersAfter('received packets', output).at(-1);
  if (begun === undefined || completed === undefined) throw new Error(`perfdhcp said:\n${output}`);
  return { begun, completed };
};

/** The rate that was reached, or `undefined` when too much was lost. A second try makes up for what else the machine does. */
const reach = async (cable: Cable, rate: number, clients: number): Promise<number | undefined> => {
  for (let attempt = 0; attempt < 2; attempt++) {
    const { begun, completed } = await exchange(cable, rate, clients);
    if (completed >= begun * (1 - mostLost)) return completed / periodSeconds;
  }
  return undefined;
};

/**
 * The highest rate of completed exchanges per second with at most 1 % lost: up in steps until one fails, then halving the gap. The same for every
 * server; what each is warmed up with does not count.
 */
export const highestRate = async (cable: Cable, clients: number): Promise<number> => {
  await exchange(cable, firstRate / 2, clients);
  let [passed, reached, failed] = [0, 0, Number.POSITIVE_INFINITY];
  const attempt = async (rate: number): Promise<void> => {
    const result = await reach(cable, Math.round(rate), clients);
    if (result === undefined) failed = rate;
    else [passed, reached] = [rate, Math.max(reached, result)];
  };
  for (let rate = firstRate; failed === Number.POSITIVE_INFINITY; rate *= step) await attempt(rate);
  for (let turn = 0; turn < bisections && passed > 0; turn++) await attempt(Math.sqrt(passed * failed));
  return reached;
};
