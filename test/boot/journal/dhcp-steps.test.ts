import test from 'ava';
import type { ReplyPlan } from '../../../src/boot/dhcp/decide-reply.ts';
import { bootServerSteps, proxySteps, serverSteps } from '../../../src/boot/dhcp/journal-steps.ts';
import { renderProxyReply, renderReply } from '../../../src/boot/dhcp/reply.ts';
import type { DhcpRequest } from '../../../src/boot/dhcp/request.ts';
import { ipxe, pxe, requestOf, site } from '../samples.ts';

const address = '10.0.0.100';
const settings = { leaseSeconds: 60, options: new Map(), serverIdentifier: undefined };
const kindsOf = (steps: object[]) => steps.map((step) => JSON.parse(JSON.stringify(step)));
const served = (request: DhcpRequest, plan: ReplyPlan) =>
  kindsOf(serverSteps(request, plan, renderReply(request, plan, settings, site), 'eth1'));

const mac = '52:54:00:00:00:01';
const firmware = { mac, stage: 'firmware' };

test('a question and its answer, with the file that was named', (t) => {
  t.deepEqual(
    served(requestOf('DHCPDISCOVER', { more: pxe(7), requested: '10.9.9.9' }), { kind: 'offer', address }),
    [
      { kind: 'discover', ...firmware, interface: 'eth1', arch: 'uefi-x64' },
      { kind: 'offer', ...firmware, address, file: 'loaders/shimx64.efi' },
    ],
  );
  const [asked, answered] = served(
    requestOf('DHCPREQUEST', { more: ipxe(0), server: site.serverAddress, requested: address }),
    {
      kind: 'ack',
      address,
    },
  );
  t.like(asked, { kind: 'request', stage: 'ipxe', address: undefined, server: undefined });
  t.like(answered, { kind: 'ack', address });
  t.regex(answered.file, /^http:.*\/boot\/ipxe\?mac=/);
});

test('a REQUEST to another server names it, and the address that the client has there', (t) => {
  const request = requestOf('DHCPREQUEST', { more: pxe(7), server: '10.0.0.2', requested: '10.0.0.77' });
  for (const plan of [
    { kind: 'free', address },
    { kind: 'ignore', reason: 'x' },
  ] as const)
    t.like(served(request, plan), [
      { kind: 'request', server: '10.0.0.2', address: '10.0.0.77', length: undefined },
    ]);
});

test('no file for this firmware, with its number', (t) => {
  const steps = served(requestOf('DHCPDISCOVER', { more: pxe(33) }), { kind: 'offer', address });
  t.like(steps[2], { kind: 'no-loader', reason: 'there is no boot file for architecture 33' });
  const request = requestOf('DHCPDISCOVER', { more: pxe(33) });
  t.like(proxySteps(request, renderProxyReply(request, site, 'dhcp'), 'eth1')[1], { kind: 'no-loader' });
  t.is(served(requestOf('DHCPDISCOVER'), { kind: 'offer', address }).length, 2, 'a system wants none');
});

test('refusals have their reasons', (t) => {
  const request = requestOf('DHCPREQUEST', { requested: address });
  t.like(served(request, { kind: 'nak', reason: 'not yours' })[1], {
    kind: 'nak',
    stage: 'system',
    reason: 'not yours',
  });
  t.like(served(request, { kind: 'exhausted' })[1], { kind: 'exhausted' });
  t.like(served(request, { kind: 'ignore', reason: 'no scope' })[1], { kind: 'ignored', reason: 'no scope' });
  t.deepEqual(
    served(requestOf('DHCPRELEASE', { ciaddr: address }), { kind: 'free', address }).map(({ kind }) => kind),
    ['release'],
  );
});

test('beside another server: our offer, and what is overheard', (t) => {
  const discover = requestOf('DHCPDISCOVER', { more: pxe(0) });
  const [, offer] = proxySteps(discover, renderProxyReply(discover, site, 'dhcp'), 'eth1');
  t.like(offer, { kind: 'proxy-offer', file: 'loaders/undionly.kpxe', stage: 'firmware' });
  const request = requestOf('DHCPREQUEST', { more: pxe(0), server: '10.0.0.2', requested: '10.0.0.77' });
  t.like(proxySteps(request, undefined, 'eth1'), [
    { kind: 'request', server: '10.0.0.2', address: '10.0.0.77' },
  ]);
  const renewal = requestOf('DHCPREQUEST', { ciaddr: '10.0.0.77' });
  t.like(proxySteps(renewal, undefined, 'eth1'), [
    { kind: 'request', stage: 'system', address: '10.0.0.77' },
  ]);
});

test('at port 4011 the client is at the address that it asks from', (t) => {
  const request = requestOf('DHCPREQUEST', { more: pxe(0), ciaddr: '10.0.0.78' });
  const reply = renderProxyReply(request, site, 'proxy');
  t.like(bootServerSteps(request, reply, '10.0.0.77'), [
    { kind: 'proxy-request', address: '10.0.0.77' },
    { kind: 'proxy-ack', file: 'loaders/undionly.kpxe' },
  ]);
  t.like(bootServerSteps(request, undefined, '0.0.0.0'), [{ address: '10.0.0.78' }]);
});
