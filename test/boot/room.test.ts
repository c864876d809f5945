import test from 'ava';
import { enterRoom } from './room/enter.ts';

test('DHCP server: udhcpc and dhclient are served, each on its own interface', async (t) => {
  const seen = (await enterRoom(t, 'dhcp-server.ts')) as Record<string, Record<string, string>>;
  const address = seen['first']?.['ip'];
  t.regex(address ?? '', /^10\.77\.0\.5[01]$/);
  t.regex(
    seen['portTaken']?.['message'] ?? '',
    /^UDP port 67 on pc-room cannot be opened: another program has it/,
  );
  t.regex(String(seen['tftpAnswer']), /nope is not in the boot folder/);
  t.like(seen, {
    portTaken: { code: 'PORT_UNAVAILABLE' },
    first: {
      subnet: '255.255.255.0',
      broadcast: '10.77.0.255',
      router: '10.77.0.254',
      dns: '10.77.0.53',
      serverid: '10.77.0.1',
      lease: '10',
    },
    second: { serverid: '10.78.0.1', subnet: '255.255.255.0' },
    // The same NIC has the same address, whatever program asks.
    third: { new_ip_address: address, new_dhcp_server_identifier: '10.77.0.1', reason: 'BOUND' },
    stranger: { ip: address === '10.77.0.50' ? '10.77.0.51' : '10.77.0.50' },
    exhausted: 'failed',
    renewed: address,
    released: address,
    dropped: 3,
    exhaustedLines: 1,
  });
});

test('ProxyDHCP beside dnsmasq: the address is the site’s, the boot file is ours', async (t) => {
  const { address, ...seen } = (await enterRoom(t, 'proxy-dhcp.ts')) as Record<string, unknown>;
  t.regex(String(address), /^10\.77\.0\.1\d\d$/);
  t.like(seen, {
    offers: [
      {
        type: 'DHCPOFFER',
        server: '10.77.0.1',
        yiaddr: '0.0.0.0',
        siaddr: '10.77.0.1',
        file: 'loaders/undionly.kpxe',
      },
      { type: 'DHCPOFFER', server: '10.77.0.2', yiaddr: address, file: '' },
    ],
    ack: { type: 'DHCPACK', server: '10.77.0.2', yiaddr: address },
    plain: { type: 'DHCPOFFER', server: '10.77.0.2' },
    binl: { type: 'DHCPACK', server: '10.77.0.1', yiaddr: '0.0.0.0', file: 'loaders/shimx64.efi' },
    leases: 0,
    journal: [
      { kind: 'discover', stage: 'firmware' },
      { kind: 'proxy-offer', stage: 'firmware' },
      { kind: 'request', stage: 'firmware', server: '10.77.0.2', address },
      { kind: 'discover', stage: 'system' },
      { kind: 'proxy-request', stage: 'firmware', address },
      { kind: 'proxy-ack', stage: 'firmware' },
    ],
    unheeded: 'no-proxy-support',
    blocked: 'tftp-blocked',
  });
  t.deepEqual(seen['warnings'], []);
});

test('the boot journal: firmware, iPXE and agent are one boot; a blocked port and odd firmware are named', async (t) => {
  const seen = (await enterRoom(t, 'journal.ts')) as Record<
    string,
    { lines: string[]; code: string; seen: string }
  >;
  const dora = (stage: string, file = '') =>
    [`discover ${stage}`, `offer ${stage} ${file}`, `request ${stage}`, `ack ${stage} ${file}`].map((line) =>
      line.trim(),
    );
  t.like(seen['good'], { code: 'fine', ours: true });
  t.deepEqual(seen['good']?.lines, [
    ...dora('firmware', 'loaders/shimx64.efi'),
    'tftp-request  loaders/shimx64.efi',
    'tftp-sent  loaders/shimx64.efi 5000',
    'tftp-request  loaders/revocations_sku.efi',
    'tftp-not-found  loaders/revocations_sku.efi',
    ...dora('ipxe', 'http://10.70.0.1:8080/boot/ipxe'),
    'script ipxe /boot/ipxe',
    'plan',
    'http-sent  agent/root.squashfs 70000',
    ...dora('agent'),
    'check-in agent',
  ]);
  t.is(String(seen['refused']), 'failed');
  t.deepEqual(seen['blocked']?.lines, dora('firmware', 'loaders/shimx64.efi'));
  t.is(seen['blocked']?.code, 'tftp-blocked');
  t.deepEqual(seen['foreign']?.lines, [
    'tftp-request  loaders/shimx64.efi',
    'tftp-sent  loaders/shimx64.efi 5000',
  ]);
  t.like(seen['odd'], { code: 'wrong-architecture', seen: 'there is no boot file for architecture 33' });
});

test('scopes: a used address is found and not given, a reservation and a class are heeded', async (t) => {
  const seen = (await enterRoom(t, 'dhcp-scopes.ts')) as Record<string, Record<string, string>>;
  t.like(seen, {
    found: { ip: '10.77.0.51', domain: 'kiosk.example.edu', router: '10.77.0.254', lease: '600' },
    reserved: { ip: '10.77.0.7', domain: 'example.edu', hostname: 'lab-07' },
    declined: 'declined',
  });
  t.deepEqual(seen['used'], ['10.77.0.50'] as never);
});
