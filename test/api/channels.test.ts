import test, { type ExecutionContext } from 'ava';
import { mac } from '../fleet/samples.ts';
import { startAgent } from './agent-stub.ts';
import { startAppliance } from './appliance.ts';

const started = async (t: ExecutionContext) => {
  const appliance = await startAppliance();
  t.teardown(() => appliance.close());
  const { client } = appliance;
  const set = (channel: string, version: string) =>
    client.setChannel({ params: { image: 'debian', channel }, body: { version } });
  const refOf = async (image: string) => (await client.getImage({ params: { image } })).ref;
  return { appliance, client, set, refOf };
};

test('a channel points where it was set last; a bare name follows stable once there is one', async (t) => {
  const { client, set, refOf } = await started(t);
  t.is(await refOf('debian'), 'debian@2');
  await t.throwsAsync(refOf('debian@stable'), {
    message: /has no channel stable: "greif image channel list/,
  });
  t.like(await set('stable', '1'), { version: 1, movedBy: 'admin' });
  t.is(await refOf('debian@stable'), 'debian@1');
  t.is(await refOf('debian'), 'debian@1');
  t.is(await refOf('debian@newest'), 'debian@2');
  await set('next', 'newest');
  t.is(await refOf('debian@next'), 'debian@2');
  await set('stable', 'next');
  t.is(await refOf('debian'), 'debian@2');
  t.deepEqual(
    (await client.channelHistory({ params: { image: 'debian' } })).map(({ channel, version }) => [
      channel,
      version,
    ]),
    [
      ['stable', 2],
      ['next', 2],
      ['stable', 1],
    ],
  );
  t.is((await client.verifyImage({ params: { image: 'debian@next' }, query: {} })).image, 'debian@2');
});

test('a channel goes only to a version that is there, under a name that can be none', async (t) => {
  const { client, set } = await started(t);
  for (const version of ['3', '0', 'x y', '../1'])
    await t.throwsAsync(set('stable', version), { code: 'IMAGE_NOT_FOUND' });
  await t.throwsAsync(set('stable', 'next'), { code: 'CHANNEL_NOT_FOUND' });
  for (const channel of ['newest', '1', 'Stable', 'a@b'])
    await t.throwsAsync(set(channel, '1'), { code: 'BAD_REQUEST' });
  t.deepEqual(await client.listChannels(), []);
  await t.throwsAsync(client.removeChannel({ params: { image: 'debian', channel: 'stable' } }), {
    code: 'CHANNEL_NOT_FOUND',
  });
});

test('an order is filed for the version at which the channel points now, and stays with it', async (t) => {
  const { appliance, client, set } = await started(t);
  await startAgent(appliance, mac(1));
  await set('next', '1');
  const order = await client.fileOrder({ body: { machine: 'pc-000001', image: 'debian@next' } });
  t.like(order, { image: 'debian@1' });
  const [filed] = await client.orderEvents({ params: { id: order.id } });
  t.is(filed?.cause, 'debian@1 (asked for as debian@next) for pc-000001');
  await set('next', '2');
  t.like(await client.getOrder({ params: { id: order.id } }), { image: 'debian@1' });
});

test('a version at which a channel points is not removed', async (t) => {
  const { client, set } = await started(t);
  await set('stable', '1');
  const remove = (image: string) => client.removeImage({ params: { image } });
  for (const image of ['debian@1', 'debian'])
    await t.throwsAsync(remove(image), {
      code: 'IMAGE_IN_USE',
      message: /channel stable points at debian@1/,
    });
  t.is((await remove('debian@2')).removed, 'debian@2');
  await client.removeChannel({ params: { image: 'debian', channel: 'stable' } });
  t.is((await remove('debian@1')).removed, 'debian@1');
});
