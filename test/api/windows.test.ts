import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import { connectAppliance } from '../../src/agent/appliance.ts';
import { describedPackage } from '../../src/agent/system/windows/driver-source.ts';
import { trustedKit } from '../../src/agent/work/trusted-kit.ts';
import { temporaryFolder } from '../agent/loop-disk.ts';
import { inventory, mac } from '../fleet/samples.ts';
import { send, startAgent } from './agent-stub.ts';
import { startAppliance } from './appliance.ts';

const template = (inner: string): string =>
  `<unattend xmlns="urn:schemas-microsoft-com:unattend"><a>${inner}</a></unattend>`;
const card = { vendor: '8086', device: '15b7', classCode: '020000' };
const signal = new AbortController().signal;

test('an order brings the answer file of its template and the drivers of its PC, signed, and nobody else gets them', async (t) => {
  const appliance = await startAppliance();
  t.teardown(appliance.close);
  const { client } = appliance;
  const folder = await temporaryFolder(t);
  mkdirSync(path.join(folder, 'net'));
  writeFileSync(
    path.join(folder, 'net/net.inf'),
    '[Manufacturer]\nI=M,NTamd64\n[M.NTamd64]\nx=y,PCI\\VEN_8086&DEV_15B7\n',
  );
  writeFileSync(path.join(folder, 'net/net.sys'), 'driver');
  writeFileSync(path.join(folder, 'room.xml'), template('{{ computer_name }} in {{ machine.room }}'));
  writeFileSync(path.join(folder, 'order.xml'), template('order {{ order.id }}'));
  await client.addDriver({ body: { name: 'net', path: path.join(folder, 'net') } });
  await client.addDriver({
    body: { name: 'other', path: path.join(folder, 'net'), match: { sys_vendor: 'NOBODY' } },
  });
  t.like(await client.listDrivers(), [{ name: 'net', pciIdCount: 1 }, { name: 'other' }]);
  await client.removeDriver({ params: { driver: 'other' } });
  for (const name of ['room', 'order'])
    await client.addTemplate({ body: { name, path: path.join(folder, `${name}.xml`) } });
  t.deepEqual(await client.listTemplates(), [
    { name: 'order', format: 'unattend' },
    { name: 'room', format: 'unattend' },
  ]);

  const agent = await startAgent(appliance, mac(1), { ...inventory([mac(1)]), pci: [card] });
  await client.changeMachine({ params: { machine: 'pc-000001' }, body: { room: 'R1' } });
  await client.changeRoom({ params: { room: 'R1' }, body: { unattend: 'room' } });
  const order = { machine: 'pc-000001', image: 'debian', hostName: 'lab-7' };
  const filed = await client.fileOrder({ body: { ...order, options: { setupCommands: ['echo done'] } } });
  const { body: claimed } = await agent.claim();
  const kit = trustedKit(claimed, appliance.keys.publicKey());
  t.is(kit?.unattend, template('lab-7 in R1'));
  t.deepEqual(kit?.setupCommands, ['echo done']);
  t.like(kit?.drivers, [{ name: 'net', reason: 'it has the device PCI\\VEN_8086&DEV_15B7' }]);
  const changed = { ...claimed, windows: { kit: '{}', signature: claimed.windows?.signature ?? '' } };
  t.throws(() => trustedKit(changed, appliance.keys.publicKey()), { code: 'MANIFEST_UNTRUSTED' });

  const session = connectAppliance(appliance.agent).as(agent.checkedIn.session);
  const source = {
    describe: (name: string) => session.driver(name, signal),
    read: async () => {},
  };
  const driver = await describedPackage(source, kit?.drivers[0] ?? { name: '', digest: '' });
  const file = driver.files.find((one) => one.path === 'net.sys');
  const pieces: Uint8Array[] = [];
  await session.driverFile(
    'net',
    file?.digest ?? '',
    async (bytes) => {
      for await (const piece of bytes) pieces.push(piece);
    },
    signal,
  );
  t.is(Buffer.concat(pieces).toString(), 'driver');
  const missing = session.driverFile('net', '0'.repeat(64), async () => {}, signal);
  await t.throwsAsync(missing, { code: 'DRIVER_NOT_FOUND' });
  const stranger = await send(`${agent.url}/drivers/net`);
  t.is(stranger.body.error?.code, 'TOKEN_INVALID');

  await client.cancelOrder({ params: { id: filed.id } });
  const second = await client.fileOrder({ body: { ...order, options: { unattend: 'order' } } });
  const { body: again } = await agent.claim();
  t.is(
    trustedKit(again, appliance.keys.publicKey())?.unattend,
    template(`order ${second.id}`),
    'the order’s own counts before its room’s',
  );
});

test('a template that cannot be used is refused: when it is added, at the order, and when it is gone at the claim', async (t) => {
  const appliance = await startAppliance();
  t.teardown(appliance.close);
  const { client } = appliance;
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'a.xml');
  writeFileSync(file, template('{{ product_key }}'));
  const add = () => client.addTemplate({ body: { name: 'mine', path: file } });
  await t.throwsAsync(add(), { code: 'TEMPLATE_INVALID', message: /product_key/ });
  const agent = await startAgent(appliance, mac(1));
  const order = () =>
    client.fileOrder({ body: { machine: 'pc-000001', image: 'debian', options: { unattend: 'mine' } } });
  await t.throwsAsync(order(), { code: 'TEMPLATE_NOT_FOUND' });
  writeFileSync(file, template('{{ host_name }}'));
  await add();
  const filed = await order();
  await client.removeTemplate({ params: { template: 'mine' } });
  t.is((await agent.claim()).status, 204);
  t.like(await client.getOrder({ params: { id: filed.id } }), {
    state: 'failed',
    reason: { code: 'TEMPLATE_NOT_FOUND' },
  });
});
