import test from 'ava';
import { startFakeAppliance } from './fake-appliance.ts';
import { startAgent } from './working-agent.ts';

test("an installer's order ends the agent, so that the PC restarts for it, and nothing is reported", async (t) => {
  const fake = await startFakeAppliance();
  t.teardown(() => fake.stop());
  const { ended, said } = startAgent(t, fake, []);
  await said(/checked in/);
  fake.fileInstall();
  t.is(await ended, 'restart');
  t.deepEqual([fake.progress, fake.failures, fake.evidence], [[], [], []]);
});
