import { accessSync, constants, readFileSync } from 'node:fs';
import path from 'node:path';

/** What the lab's Debian boots on. */
export const firmwares = ['bios', 'uefi', 'secureboot'] as const;
export type Firmware = (typeof firmwares)[number] | 'ia32' | 'arm64';

/** What a virtual PC is made of. */
export interface PcParts {
  name: string;
  mac: string;
  uuid: string;
  firmware: Firmware;
  /** UEFI boots by PXE unless told. */
  netBoot?: 'pxe' | 'http';
  memoryMiB: number;
  cpus: number;
  nic: 'virtio-net-pci' | 'e1000' | 'e1000e' | 'rtl8139' | 'vmxnet3';
  disk: DiskParts;
  /** Behind it, in this order. */
  moreDisks?: DiskParts[];
}

export interface DiskParts {
  bus: 'virtio' | 'sata' | 'nvme' | 'scsi';
  serial: string;
  sizeBytes: number;
  /** A sector that refuses to be written, by its first byte; such a disk also forgets nothing that it is told to discard. */
  badByte?: number;
  /** That sector refuses to be read instead. */
  unreadable?: boolean;
}

export const disksOf = ({ disk, moreDisks = [] }: PcParts): DiskParts[] => [disk, ...moreDisks];

/** UEFI as Debian builds it: the emulator, its code, and the variables as they leave the factory. */
interface UefiBuild {
  program: string;
  machine: string[];
  code: string;
  variables: string;
}

const q35 = ['-machine', 'q35,smm=on', '-global', 'driver=cfi.pflash01,property=secure,value=on'];
const ovmf = '/usr/share/OVMF';
const aavmf = '/usr/share/AAVMF';
const x64 = { program: 'qemu-system-x86_64', machine: q35, code: `${ovmf}/OVMF_CODE_4M.secboot.fd` };

/** `ms` has Microsoft's keys enrolled. */
export const uefiBuilds: Record<Exclude<Firmware, 'bios'>, UefiBuild> = {
  uefi: { ...x64, variables: `${ovmf}/OVMF_VARS_4M.fd` },
  secureboot: { ...x64, variables: `${ovmf}/OVMF_VARS_4M.ms.fd` },
  ia32: {
    ...x64,
    code: `${ovmf}/OVMF32_CODE_4M.secboot.fd`,
    variables: `${ovmf}/OVMF32_VARS_4M.fd`,
  },
  arm64: {
    program: 'qemu-system-aarch64',
    machine: ['-machine', 'virt', '-cpu', 'cortex-a57'],
    code: `${aavmf}/AAVMF_CODE.ms.fd`,
    variables: `${aavmf}/AAVMF_VARS.ms.fd`,
  },
};

export const qemuProgram = (firmware: Firmware): string =>
  firmware === 'bios' ? x64.program : uefiBuilds[firmware].program;

const canUseKvm = (): boolean => {
  if (!/\b(vmx|svm)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))) return false;
  try {
    accessSync('/dev/kvm', constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/** The plain processor is emulated faster than one with every vector unit. */
const accelerator = (firmware: Firmware): string[] =>
  firmware !== 'arm64' && canUseKvm()
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', 'tcg,thread=multi,tb-size=512'];

const firmwareArguments = ({ firmware, netBoot = 'pxe' }: PcParts, folder: string): string[] => {
  if (firmware === 'bios') return ['-machine', 'q35'];
  const { machine, code } = uefiBuilds[firmware];
  return [
    ...machine,
    ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${code}`],
    ...['-drive', `if=pflash,format=raw,unit=1,file=${path.join(folder, 'variables.fd')}`],
    // EDK2 would try each kind of network boot in turn; the room speaks IPv4 only.
    ...['-fw_cfg', 'name=opt/org.tianocore/IPv6PXESupport,string=n'],
    ...['-fw_cfg', `name=opt/org.tianocore/IPv4PXESupport,string=${netBoot === 'pxe' ? 'y' : 'n'}`],
  ];
};

const diskDevice = { virtio: 'virtio-blk-pci', sata: 'ide-hd', nvme: 'nvme', scsi: 'scsi-hd' } as const;

/** `disk.raw`, `disk-2.raw`, …: where the PC's disks lie in its folder. */
export const diskFileName = (number: number): string =>
  number === 0 ? 'disk.raw' : `disk-${number + 1}.raw`;

const drive = ({ badByte, unreadable = false }: DiskParts, file: string): string => {
  // The host outlives the PC: its page cache is as good as a disk, so flushes need not reach the platter.
  if (badByte === undefined) return `format=raw,discard=unmap,cache=unsafe,file=${file}`;
  const iotype = unreadable ? 'read' : 'write';
  const error = { event: 'none', iotype, errno: 5, once: 'off', sector: badByte / 512 };
  const injected = Object.entries(error).map(([name, value]) => `file.inject-error.0.${name}=${value}`);
  return [
    'format=raw,discard=ignore,werror=report,rerror=report,file.driver=blkdebug',
    `file.image.filename=${file}`,
    ...injected,
  ].join();
};

const diskArguments = (disk: DiskParts, number: number, folder: string): string[] => [
  ...(disk.bus === 'scsi' ? ['-device', `virtio-scsi-pci,id=scsi${number}`] : []),
  ...['-drive', `if=none,id=disk${number},${drive(disk, path.join(folder, diskFileName(number)))}`],
  ...['-device', `${diskDevice[disk.bus]},drive=disk${number},serial=${disk.serial},bootindex=${number + 2}`],
];

/** EDK2 brings its own PXE stack: the card's ROM stays out. SeaBIOS boots by the ROM. */
const nicDevice = ({ nic, mac, firmware }: PcParts): string =>
  `${nic},netdev=net,mac=${mac},bootindex=1${firmware === 'bios' ? '' : ',romfile='}`;

/** Firmware for ARM64 knows no VGA. */
const screen = (firmware: Firmware): string[] =>
  firmware === 'arm64' ? ['-device', 'virtio-gpu-pci'] : ['-vga', 'std'];

/** What a loader would hand over to: QEMU puts it into memory itself. */
export interface DirectBoot {
  kernel: string;
  initrd: string;
  commandLine: string;
}

/** QEMU's command line. `folder` holds the PC's own files: disk.raw, variables.fd, qmp.sock. */
export const qemuArguments = (
  pc: PcParts,
  folder: string,
  /** Without one the PC has no network card. */
  tap: string | undefined,
  { noReboot, directly }: { noReboot: boolean; directly?: DirectBoot | undefined },
): string[] => [
  ...[
    '-name',
    pc.name,
    '-uuid',
    pc.uuid,
    '-smbios',
    `type=1,manufacturer=Greif,product=Lab PC,serial=${pc.name}`,
  ],
  ...accelerator(pc.firmware),
  ...firmwareArguments(pc, folder),
  ...['-m', String(pc.memoryMiB), '-smp', String(pc.cpus)],
  ...['-nodefaults', '-display', 'none', ...screen(pc.firmware)],
  ...(tap === undefined
    ? []
    : ['-netdev', `tap,id=net,ifname=${tap},script=no,downscript=no`, '-device', nicDevice(pc)]),
  ...disksOf(pc).flatMap((disk, number) => diskArguments(disk, number, folder)),
  ...['-serial', 'stdio', '-qmp', `unix:${path.join(folder, 'qmp.sock')},server=on,wait=off`],
  ...(noReboot ? ['-no-reboot'] : []),
  ...(directly
    ? ['-kernel', directly.kernel, '-initrd', directly.initrd, '-append', directly.commandLine]
    : []),
];
