import test from 'ava';
import { createOrderFiling } from '../../src/fleet/filing.ts';
import type { OrderStore } from '../../src/fleet/ports.ts';
import { image, machine } from './samples.ts';

test('an order for a Windows is refused when no Windows can bear the name', async (t) => {
  const filing = (system: string) =>
    createOrderFiling({
      orders: { file: async (order: unknown) => order } as unknown as OrderStore,
      images: { find: async () => ({ ...image, system }) },
      rooms: { list: async () => [] },
      scripts: { resolve: async () => [] },
      installs: () => Promise.reject(new Error('nothing is installed here')),
      clock: Date.now,
    });
  const file = (system: string, hostName: string) =>
    filing(system).file(machine(), { image: 'image', hostName }, 'admin');
  await t.throwsAsync(file('windows', 'a-name-of-16-chr'), {
    code: 'HOST_NAME_INVALID',
    message: /16 characters/,
  });
  await t.throwsAsync(file('windows', '12345'), { code: 'HOST_NAME_INVALID', message: /digits only/ });
  await t.notThrowsAsync(file('windows', 'fifteen-chars-7'));
  await t.notThrowsAsync(file('debian', 'a-much-longer-name-of-a-linux'));
});
