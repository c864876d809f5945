import test from 'ava';
import { adviceFor } from '../../src/boot/advice/advice-desk.ts';
import type { BootNetwork } from '../../src/boot/ports.ts';
import { greif } from '../cli/greif.ts';
import { startAppliance } from './appliance.ts';

const face = (name: string, address?: string) =>
  [
    name,
    {
      name,
      index: 1,
      mac: '52:54:00:00:00:01',
      isUp: true,
      subnets: address ? [{ address, netmask: '255.255.255.0' }] : [],
    },
  ] as const;

const interfaces = new Map([face('eth1', '10.0.0.1'), face('eth2', '10.1.0.1'), face('eth3')]);
const site = { httpPort: 8080, uefiLoader: 'shim', interfaces } as const;

const network = (served: string[]): BootNetwork => ({
  interfaces: () => [
    {
      name: 'eth1',
      dhcp: 'server',
      condition: 'up',
      addresses: ['10.0.0.1'],
      otherServers: [
        {
          address: '10.0.0.2',
          mac: '52:54:00:00:00:02',
          seenBy: 'probe',
          firstSeenAt: 0,
          lastSeenAt: 60_000,
        },
      ],
    },
    { name: 'eth3', dhcp: 'off', condition: 'without address', addresses: [], otherServers: [] },
  ],
  advise: (name, dialect) => adviceFor(name, dialect, { ...site, served }),
});

test('the state of the interfaces, by API and command', async (t) => {
  const appliance = await startAppliance({ network: network(['eth1']) });
  t.teardown(appliance.close);
  const { interfaces: told } = await appliance.client.dhcpStatus();
  t.like(told, [
    { name: 'eth1', otherServers: [{ address: '10.0.0.2', lastSeenAt: '1970-01-01T00:01:00.000Z' }] },
  ]);
  const { out, status } = await greif(appliance, 'dhcp', 'status');
  t.is(status, 0);
  t.regex(out, /^eth1 +server +up +10\.0\.0\.1 +10\.0\.0\.2 \(52:54:00:00:00:02\), /m);
  const metrics = await (await fetch(`${appliance.admin}/metrics`)).text();
  t.true(metrics.includes('greif_dhcp_other_servers{interface="eth1"} 1\n'));
  t.regex(out, /^eth3 +off +without address +not looked for/m);
});

test('advice is given for the interface that is named, or the only one', async (t) => {
  const one = await startAppliance({ network: network(['eth1']) });
  t.teardown(one.close);
  const kea = await greif(one, 'dhcp', 'advise', '--for', 'kea');
  t.is(kea.status, 0);
  t.is(JSON.parse(kea.out)['client-classes'][0]['next-server'], '10.0.0.1');
  const all = await greif(one, 'dhcp', 'advise', '--interface', 'eth2');
  for (const title of ['ISC dhcpd', 'Kea', 'dnsmasq', 'Windows DHCP', 'MikroTik RouterOS', 'Cisco IOS'])
    t.true(all.out.includes(`==== ${title}\n`), title);
  t.true(all.out.includes('next-server 10.1.0.1;'));
  t.false(all.out.includes('10.0.0.1'));

  const several = await startAppliance({ network: network(['eth1', 'eth2']) });
  t.teardown(several.close);
  const wrong = async (...args: string[]) => greif(several, 'dhcp', 'advise', ...args);
  t.like(await wrong(), {
    status: 2,
    err: 'greif: several interfaces are served: name one with --interface: eth1, eth2 (BAD_REQUEST)\n',
  });
  t.regex((await wrong('--interface', 'eth9')).err, /no interface eth9; there are: eth1, eth2, eth3/);
  t.regex((await wrong('--interface', 'eth3')).err, /eth3 has no IPv4 address/);
  t.is((await wrong('--for', 'vax')).status, 2);
});
