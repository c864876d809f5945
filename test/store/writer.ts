// A process that writes orders for ever and tells each change once it is stored. Its test kills it.
import { silentLog } from '../../src/core/log.ts';
import { openStore } from '../../src/store/open.ts';
import { at, image } from '../fleet/samples.ts';

const store = await openStore({ database: 'sqlite', folder: process.argv[2] ?? '', log: silentLog });
const event = { at, actor: 'agent:m', cause: 'a test' };
const told = (id: number, state: string) => process.stdout.write(`${id} ${state}\n`);
for (let round = 0; ; round++) {
  const { id } = await store.orders.file(
    {
      kind: 'deploy',
      machineId: `m${process.pid}-${round}`,
      image: image.ref,
      manifestDigest: image.digest,
      hostName: 'h',
      options: {},
      filedAt: at,
      filedBy: 'a',
    },
    event,
  );
  told(id, 'filed');
  for (const state of ['claimed', 'writing', 'verifying', 'finishing', 'completed'] as const) {
    await store.orders.transition(id, state, event);
    told(id, state);
  }
}
