import test from 'ava';
import fc from 'fast-check';
import { vendor } from '../../src/wire/dhcp/kinds/vendor.ts';
import { decodeOptions, encodeOptions } from '../../src/wire/dhcp/option-map.ts';
import { type Option, options, readOption, writeOption } from '../../src/wire/dhcp/options.ts';
import { type DhcpPacket, decodePacket, encodePacket } from '../../src/wire/dhcp/packet.ts';
import { MalformedPacket, Reader } from '../../src/wire/reader.ts';
import { edk2Discover, ipxeDiscover } from './captured.ts';

const address = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((bytes) => bytes.join('.'));
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const asciiText = (maxLength: number) =>
  fc.string({ maxLength, unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) });
/** 52 says that `file` and `sname` hold options: it belongs to the encoding, not to the value. */
const optionCode = fc.integer({ min: 1, max: 254 }).filter((code) => code !== 52);

const packet: fc.Arbitrary<DhcpPacket> = fc.record({
  op: fc.constantFrom('BOOTREQUEST', 'BOOTREPLY'),
  htype: fc.nat(255),
  hops: fc.nat(255),
  xid: fc.nat(0xffffffff),
  secs: fc.nat(0xffff),
  broadcast: fc.boolean(),
  ciaddr: address,
  yiaddr: address,
  siaddr: address,
  giaddr: address,
  chaddr: bytes(16),
  sname: asciiText(63),
  file: asciiText(127),
  options: fc.array(fc.tuple(optionCode, bytes(700)), { maxLength: 12 }).map((list) => new Map(list)),
});

test('what was encoded decodes to the same, options of more than 255 bytes included', (t) => {
  fc.assert(
    fc.property(packet, (value) => {
      const encoded = encodePacket(value);
      t.true(encoded.length >= 300);
      t.deepEqual(decodePacket(encoded), value);
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
  t.true(discover.options.has(options.ipxeEncapsulated.code));
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

test('option kinds read what they wrote', (t) => {
  const uuid = '4c4c4544-0042-3510-8052-b4c04f4d4831';
  const written = new Map([
    writeOption(options.clientUuid, uuid),
    writeOption(options.userClass, ['iPXE', 'lab']),
    writeOption(options.routers, ['10.0.0.1', '10.0.0.2']),
    writeOption(options.clientArch, [7, 9]),
    writeOption(options.clientInterface, { type: 1, major: 3, minor: 16 }),
    writeOption(options.vendorInformation, new Map([[6, Buffer.from([8])]])),
  ]);
  const read = { options: written };
  t.is(readOption(read, options.clientUuid), uuid);
  t.is(written.get(97)?.toString('hex'), '0044454c4c420010358052b4c04f4d4831');
  t.deepEqual(readOption(read, options.userClass), ['iPXE', 'lab']);
  t.deepEqual(readOption(read, options.routers), ['10.0.0.1', '10.0.0.2']);
  t.deepEqual(readOption(read, options.clientArch), [7, 9]);
  t.deepEqual(readOption(read, options.clientInterface), { type: 1, major: 3, minor: 16 });
  t.is(written.get(43)?.toString('hex'), '060108ff');
  t.deepEqual(readOption(read, options.vendorInformation), new Map([[6, Buffer.from([8])]]));
});

test('vendor options may lack their end mark, but not the end of a value', (t) => {
  t.deepEqual(vendor.decode(Buffer.from([6, 1, 8])), new Map([[6, Buffer.from([8])]]));
  t.throws(() => vendor.decode(Buffer.from([6, 2, 8])), { instanceOf: MalformedPacket });
});

test('an option map keeps empty values', (t) => {
  const map = new Map([[80, Buffer.alloc(0)]]);
  t.deepEqual(decodeOptions(new Reader(encodeOptions(map))), map);
});
