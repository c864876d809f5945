import test from 'ava';
import { enterRoom } from './room/enter.ts';

type Environment = Record<string, string>;

interface Seen {
  dhcpcd: Environment;
  nmap: string;
  npm: { address: string; options: Environment };
  relayed: Environment;
  behindRelay: Environment;
  relayInformation: { asked: string[]; answered: string[] };
  leases: string[];
  faults: string[];
}

const domainSearch = 'lab.example.edu example.edu';

test('dhcpcd, nmap, the npm package dhcp, and udhcpc and dhclient behind dhcrelay get what their scope says', async (t) => {
  const seen = (await enterRoom(t, 'real-dhcp-clients.ts')) as Seen;
  t.like(seen.dhcpcd, {
    reason: 'BOUND',
    new_dhcp_server_identifier: '10.77.0.1',
    new_subnet_mask: '255.255.255.0',
    new_broadcast_address: '10.77.0.255',
    new_routers: '10.77.0.254',
    new_domain_name: 'lab.example.edu',
    new_domain_name_servers: '10.77.0.53 10.77.0.54',
    new_domain_search: domainSearch,
    new_ntp_servers: '10.77.0.123',
    new_classless_static_routes: '0.0.0.0/0 10.77.0.254 10.90.0.0/24 10.77.0.1',
    new_dhcp_lease_time: '600',
  });
  for (const line of [
    /IP Offered: 10\.77\.0\.(6|7|8|90)/,
    /DHCP Message Type: DHCPOFFER/,
    /Server Identifier: 10\.77\.0\.1\n/,
    /IP Address Lease Time: 10m00s/,
    /Subnet Mask: 255\.255\.255\.0/,
    /Router: 10\.77\.0\.254/,
    /Domain Name Server: 10\.77\.0\.53, 10\.77\.0\.54/,
    /Domain Name: lab\.example\.edu/,
    /NTP Servers: 10\.77\.0\.123/,
  ])
    t.regex(seen.nmap, line);
  t.like(seen.npm, {
    state: 'BOUND',
    server: '10.77.0.1',
    leasePeriod: 600,
    options: {
      netmask: '255.255.255.0',
      router: ['10.77.0.254'],
      dns: ['10.77.0.53', '10.77.0.54'],
      domainName: 'lab.example.edu',
    },
  });
  // The relay's address picks the scope; the same NIC has the same address, whatever program asks.
  t.like(seen.relayed, { router: '10.90.0.1', giaddr: '10.90.0.1', search: domainSearch, lease: '600' });
  t.regex(seen.relayed['ip'] ?? '', /^10\.90\.0\.4[01]$/);
  t.like(seen.behindRelay, {
    reason: 'BOUND',
    new_ip_address: seen.relayed['ip'],
    new_routers: '10.90.0.1',
  });
  // Circuit id (sub-option 1) "far-room", echoed byte for byte in each answer (RFC 3046 section 2.2). The relay adds it to dhclient's
  // packets; udhcpc's are as long as udhcpc says it can read, and the relay leaves them alone.
  const { asked, answered } = seen.relayInformation;
  t.deepEqual(answered, asked);
  const circuit = `0108${Buffer.from('far-room').toString('hex')}`;
  t.deepEqual([...new Set(asked)].toSorted(), [circuit, 'none']);
  const held = [seen.dhcpcd['new_ip_address'], seen.npm.address, seen.relayed['ip']];
  t.deepEqual(seen.leases, held.toSorted());
  t.deepEqual(seen.faults, []);
});
