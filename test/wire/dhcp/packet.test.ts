import test from 'ava';
import fc from 'fast-check';
import { type Option, options, readOption } from '../../../src/wire/dhcp/options.ts';
import { type DhcpPacket, decodePacket, encodePacket } from '../../../src/wire/dhcp/packet.ts';
import { MalformedPacket } from '../../../src/wire/reader.ts';
import { edk2Discover, ipxeDiscover } from './captured.ts';
import { bytes, optionMap, packetWith, sorted } from './samples.ts';

const packet: fc.Arbitrary<DhcpPacket> = packetWith(optionMap(700, 12));

test('what was encoded decodes to the same, options of more than 255 bytes included', (t) => {
  fc.assert(
    fc.property(packet, (value) => {
      const encoded = encodePacket(value);
      t.true(encoded.length >= 300);
      t.deepEqual(sorted(decodePacket(encoded)), sorted(value));
    }),
  );
  t.pass();
});

test('random bytes decode or are refused with the one error', (t) => {
  fc.assert(
    fc.property(bytes(400), packet, fc.nat(400), (noise, value, at) => {
      const mixed = encodePacket(value);
      mixed.set(noise.subarray(0, Math.max(0, mixed.length - at)), Math.min(at, mixed.length));
      for (const datagram of [noise, mixed]) {
        try {
          decodePacket(datagram);
        } catch (fault) {
          if (!(fault instanceof MalformedPacket)) throw fault;
        }
      }
    }),
  );
  t.pass();
});

test('a packet from EDK2 is read', (t) => {
  const discover = decodePacket(edk2Discover);
  t.is(discover.xid, 0x48b8a30e);
  t.true(discover.broadcast);
  t.is(discover.chaddr.toString('hex'), '525400000001');
  t.is(readOption(discover, options.messageType), 'DHCPDISCOVER');
  t.is(readOption(discover, options.vendorClass), 'PXEClient:Arch:00007:UNDI:003000');
  t.deepEqual(readOption(discover, options.clientArch), [7]);
  t.deepEqual(readOption(discover, options.clientInterface), { type: 1, major: 3, minor: 0 });
  t.is(readOption(discover, options.clientUuid), '00000000-0000-0000-0000-000000000000');
  t.is(readOption(discover, options.userClass), undefined);
});

test('a packet from an iPXE ROM is read: a user class without lengths, encapsulated options', (t) => {
  const discover = decodePacket(ipxeDiscover);
  t.deepEqual(readOption(discover, options.userClass), ['iPXE']);
  t.deepEqual(readOption(discover, options.clientArch), [0]);
  t.is(readOption(discover, options.ipxeEncapsulated)?.get(177)?.toString('hex'), '011af41000');
  t.is(readOption(discover, options.clientIdentifier)?.toString('hex'), '01525400000001');
});

test('every packet cut short is refused, or loses whole options only', (t) => {
  const whole = decodePacket(edk2Discover);
  const used = edk2Discover.lastIndexOf(0xff);
  for (let length = 0; length < used; length++) {
    const cut = edk2Discover.subarray(0, length);
    try {
      const { options: left } = decodePacket(cut);
      t.true(length >= 240, `${length} bytes`);
      for (const [code, value] of left) t.deepEqual(value, whole.options.get(code));
    } catch (fault) {
      t.true(fault instanceof MalformedPacket, `${length} bytes: ${fault}`);
    }
  }
});

test('the cookie, the operation and the length of the hardware address are checked', (t) => {
  const spoilt = (at: number, value: number) => {
    const copy = Buffer.from(edk2Discover);
    copy[at] = value;
    return copy;
  };
  t.throws(() => decodePacket(spoilt(236, 0)), { instanceOf: MalformedPacket, message: /cookie/ });
  t.throws(() => decodePacket(spoilt(0, 3)), { instanceOf: MalformedPacket, message: /operation 3/ });
  t.throws(() => decodePacket(spoilt(2, 17)), { instanceOf: MalformedPacket, message: /at most 16/ });
});

test('options in file and sname (52) are joined in the order of RFC 3396', (t) => {
  const value = encodePacket({ ...decodePacket(edk2Discover), options: new Map() });
  const put = (at: number, ...data: number[]) => value.set(data, at);
  put(240, 52, 1, 3, 67, 2, 0x61, 0x62, 255);
  put(108, 67, 1, 0x63, 255);
  put(44, 67, 1, 0x64, 12, 1, 0x68, 255);
  const packet = decodePacket(value);
  t.is(readOption(packet, options.bootfileName), 'abcd');
  t.is(readOption(packet, options.hostName), 'h');
  t.is(packet.file, '');
  t.is(packet.sname, '');
  t.false(packet.options.has(52));
});

test('values that do not fit are refused when encoding', (t) => {
  const fine = decodePacket(edk2Discover);
  for (const odd of [
    { file: 'x'.repeat(128) },
    { sname: 'x'.repeat(64) },
    { file: 'a\0b' },
    { chaddr: Buffer.alloc(17) },
    { siaddr: '10.0.0.256' },
    { siaddr: '10.0.0' },
    { options: new Map([[255, Buffer.alloc(1)]]) },
    { options: new Map([[52, Buffer.alloc(1)]]) },
    { file: '5 €' },
  ])
    t.throws(() => encodePacket({ ...fine, ...odd }), { instanceOf: MalformedPacket });
});

test('option values of the wrong length are refused', (t) => {
  const one = Buffer.from([1]);
  const refuses = <Value>(option: Option<Value>) =>
    t.throws(() => readOption({ options: new Map([[option.code, one]]) }, option), {
      instanceOf: MalformedPacket,
    });
  refuses(options.requestedAddress);
  refuses(options.routers);
  refuses(options.clientArch);
  refuses(options.clientInterface);
  refuses(options.clientUuid);
  refuses(options.leaseSeconds);
  for (const type of [Buffer.alloc(0), Buffer.from([0]), Buffer.from([9]), Buffer.from([1, 1])])
    t.throws(() => readOption({ options: new Map([[53, type]]) }, options.messageType), {
      instanceOf: MalformedPacket,
    });
});

test('relay agent information goes last (RFC 3046 section 2.1)', (t) => {
  const relay = Buffer.from('0101ff', 'hex');
  const value = {
    ...decodePacket(edk2Discover),
    options: new Map([
      [82, relay],
      [53, Buffer.from([2])],
    ]),
  };
  const encoded = encodePacket(value);
  t.is(encoded.toString('hex', 240, 249), '350102' + '5203' + '0101ff' + 'ff');
  t.deepEqual(new Set(decodePacket(encoded).options.keys()), new Set([53, 82]));
});

test('a packet in the middle of others is read as one alone: no field overruns its end', (t) => {
  fc.assert(
    fc.property(packet, (value) => {
      const encoded = encodePacket(value);
      const around = Buffer.concat([Buffer.alloc(7, 0x41), encoded, Buffer.alloc(300, 0x41)]);
      t.deepEqual(sorted(decodePacket(around.subarray(7, 7 + encoded.length))), sorted(value));
    }),
  );
  const full = Buffer.from(edk2Discover);
  full.fill('s', 44, 108).fill('f', 108, 236);
  t.is(decodePacket(full).sname, 's'.repeat(64));
  t.is(decodePacket(full).file, 'f'.repeat(128));
});

test('each option that EDK2 and iPXE ask for has a kind', (t) => {
  const known = new Set<number>(Object.values(options).map(({ code }) => code));
  // 128 to 135 were never given a meaning that all share (RFC 4578 section 3).
  for (const captured of [edk2Discover, ipxeDiscover])
    for (const code of readOption(decodePacket(captured), options.parameterRequestList) ?? [])
      t.true(known.has(code) || (code >= 128 && code <= 135), `option ${code}`);
  t.is(known.size, Object.keys(options).length);
});
