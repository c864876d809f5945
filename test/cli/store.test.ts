import test, { type ExecutionContext } from 'ava';
import { startAppliance } from '../api/appliance.ts';
import { greif } from './greif.ts';

const started = async (t: ExecutionContext) => {
  const appliance = await startAppliance();
  t.teardown(appliance.close);
  return appliance;
};

test('store: status with the disks, collecting while an import runs', async (t) => {
  const appliance = await started(t);
  const { out, status } = await greif(appliance, 'store', 'status');
  t.is(status, 0);
  t.regex(out, /^chunks: +40 in 3 packs \(1 open\), 3\.0 MiB$/m);
  t.regex(out, /^garbage: +1\.0 MiB$/m);
  t.regex(out, /^free: +5\.0 GiB, 1\.0 GiB of them in reserve$/m);
  t.regex(out, /^\/ +\/dev\/sda1 +9\.0 GiB +5\.0 GiB +images/m);
  t.is((await greif(appliance, 'store', 'collect')).out, 'An import is running: it collects at its end.\n');
});

test('image verify: a sample, and damaged packs are named', async (t) => {
  const appliance = await started(t);
  const { out, status } = await greif(appliance, 'image', 'verify', 'debian', '--sample', '5%');
  t.is(status, 1);
  t.regex(out, /^PACK +REASON\n0a +its index is damaged/m);
  t.is((await appliance.client.listJobs())[0]?.samplePercent, 5);
  t.is((await greif(appliance, 'image', 'verify', 'debian', '--sample', '0')).status, 2);
});
