import test from 'ava';
import { fuzzInProcess } from '../e2e/fuzz/in-process.ts';

/** A short run of what `npm run e2e -- fuzz` does at length. */
const packets = 20_000;
/** What the run-time allocates for itself; a byte kept for each packet would show at length. */
const heapSlackBytes = 4 * 1024 * 1024;

for (const service of ['dhcp', 'proxy', 'tftp'] as const)
  test.serial(`${service} survives ${packets} mutated packets and still answers`, async (t) => {
    const outcome = await fuzzInProcess(service, packets, 1);
    t.deepEqual(outcome.faults, []);
    t.is(outcome.unanswered, 0);
    t.is(outcome.packets, packets);
    t.true(outcome.replies > packets / 20, `${outcome.replies} replies`);
    t.true(outcome.heapGrowthBytes < heapSlackBytes, `${outcome.heapGrowthBytes} bytes`);
  });
