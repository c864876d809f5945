import type { AdminClient } from '../api/client.ts';
import type { Order } from '../fleet/order.ts';
import { discovered, orderUntil } from './following.ts';
import type { Pc } from './pc.ts';
import { createRate } from './rate.ts';
import type { Standing } from './scoreboard.ts';

const minuteMs = 60_000;
const discoveryMs = 5 * minuteMs;
const imagingMs = 30 * minuteMs;
const bootMs = 5 * minuteMs;

/** What systemd's getty prints on the serial console of the imaged system. */
export const loginPrompt = (hostName: string): RegExp => new RegExp(`(^|[\\r\\n])${hostName} login: `);

/**
 * A PC's whole way: switched on, discovered, imaged by an order, and booted from its own disk to the login prompt under its
 * new name. Resolves with the completed order. Throws STEP_FAILED with the order's reason or the PC's last words.
 */
export const assemble = async (
  pc: Pc,
  client: AdminClient,
  job: { image: string; hostName: string },
  tell: (standing: Standing) => void,
): Promise<Order> => {
  tell({ stage: 'network boot' });
  pc.powerOn();
  const machine = await discovered(client, pc.parts.mac, discoveryMs);
  tell({ stage: 'discovered' });
  const filed = await client.fileOrder({ body: { machine: machine.id, ...job } });
  const rate = createRate();
  const completed = await orderUntil(
    client,
    filed.id,
    ({ state }) => state === 'completed',
    imagingMs,
    ({ state, progress }) => {
      if (!progress) return tell({ stage: state });
      const bytesPerSecond = rate(state, progress.doneBytes);
      tell({ stage: state, ...progress, ...(bytesPerSecond !== undefined && { bytesPerSecond }) });
    },
  );
  tell({ stage: 'boots from its disk' });
  await pc.serial.waitFor(loginPrompt(job.hostName), bootMs);
  tell({ stage: 'login prompt' });
  return client.getOrder({ params: { id: completed.id } });
};
