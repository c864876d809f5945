import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { emptyHive } from './empty-hive.ts';
import { make } from './fresh-disk.ts';

/** Where Windows lies: GUIDs of the disk and of its partition. */
export interface WindowsPlace {
  diskGuid: string;
  partitionGuid: string;
}

/** Microsoft’s well-known object “Windows Boot Manager”. */
const bootManager = '{9dea862c-5cdd-4e70-acc1-f32b344d4795}';
/** Object types: a firmware application that is the boot manager; an operating-system loader (Microsoft’s “BCD Reference”). */
const types = { bootManager: 0x10100002, loader: 0x10200003 };
/** Elements of the BCD Reference: BcdLibrary…, BcdBootMgr…, BcdOSLoader…. */
const element = {
  device: '11000001',
  path: '12000002',
  description: '12000004',
  defaultObject: '23000003',
  displayOrder: '24000001',
  timeout: '25000004',
  osDevice: '21000001',
  systemRoot: '22000002',
  detectHal: '26000010',
};

type Value = string;

const utf16 = (text: string): string =>
  [...Buffer.from(`${text}\0`, 'utf16le')].map((byte) => byte.toString(16).padStart(2, '0')).join(',');
const hex = (type: number, bytes: Uint8Array): Value =>
  `hex:${type}:${Buffer.from(bytes)
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1,')}`;
const text = (words: string): Value => `string:${words}`;
const number = (value: bigint): Value => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return hex(3, bytes);
};
const yes: Value = hex(3, Buffer.of(1));
/** A list of one. */
const list = (words: string): Value => `hex:7:${utf16(words)},00,00`;

/** As GPT and Windows write a GUID: the first three groups turned. */
const guidBytes = (guid: string): Buffer => {
  const bytes = Buffer.from(guid.replaceAll('-', ''), 'hex');
  return Buffer.concat([
    bytes.subarray(0, 4).reverse(),
    bytes.subarray(4, 6).reverse(),
    bytes.subarray(6, 8).reverse(),
    bytes.subarray(8),
  ]);
};

/** A partition of a GPT disk as a device element: no options, kind 6 (partition), its length, then partition and disk. */
const partitionDevice = ({ diskGuid, partitionGuid }: WindowsPlace): Buffer => {
  const device = Buffer.alloc(88);
  device.writeUInt32LE(6, 16);
  device.writeUInt32LE(72, 24);
  guidBytes(partitionGuid).copy(device, 32);
  guidBytes(diskGuid).copy(device, 56);
  return device;
};

const key = (name: string, value: [name: string, value: Value][] = [], below: string[] = []): string[] => [
  `add ${name}`,
  `cd ${name}`,
  ...(value.length > 0 ? [`setval ${value.length}`, ...value.flat()] : []),
  ...below,
  'cd ..',
];

const object = (id: string, type: number, elements: [element: string, value: Value][]): string[] =>
  key(
    id,
    [],
    [
      ...key('Description', [['Type', `dword:${type}`]]),
      ...key(
        'Elements',
        [],
        elements.flatMap(([name, value]) => key(name, [['Element', value]])),
      ),
    ],
  );

/** What hivexsh does to an empty registry file. Pure. */
const bootStoreScript = (esp: WindowsPlace, windows: WindowsPlace, loader: string): string => {
  const system = hex(3, partitionDevice(windows));
  return [
    ...key('Description', [
      ['KeyName', text('BCD00000000')],
      ['System', 'dword:1'],
      ['TreatAsSystem', 'dword:1'],
    ]),
    ...key(
      'Objects',
      [],
      [
        ...object(bootManager, types.bootManager, [
          [element.device, hex(3, partitionDevice(esp))],
          [element.path, text('\\EFI\\Microsoft\\Boot\\bootmgfw.efi')],
          [element.description, text('Windows Boot Manager')],
          [element.defaultObject, text(loader)],
          [element.displayOrder, list(loader)],
          [element.timeout, number(0n)],
        ]),
        ...object(loader, types.loader, [
          [element.device, system],
          [element.path, text('\\Windows\\system32\\winload.efi')],
          [element.description, text('Windows')],
          [element.osDevice, system],
          [element.systemRoot, text('\\Windows')],
          [element.detectHal, yes],
        ]),
      ],
    ),
    'commit',
    'quit',
    '',
  ].join('\n');
};

/** Makes the boot configuration data (BCD) with which the boot manager of that EFI system partition starts that Windows. */
export const makeBootStore = async (
  file: string,
  esp: WindowsPlace,
  windows: WindowsPlace,
  signal?: AbortSignal,
): Promise<void> => {
  await writeFile(file, emptyHive());
  await make('hivexsh', ['-w', file], { signal, input: bootStoreScript(esp, windows, `{${randomUUID()}}`) });
};
