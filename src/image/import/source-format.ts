import { open, readdir, stat } from 'node:fs/promises';
import type { Content } from '../build/build-disk.ts';
import { isCasyncIndex } from '../format/index-file.ts';
import { sourceFault } from './source-fault.ts';

export type Container = 'gzip' | 'xz' | 'zstd';
/** As `qemu-img -f` names them; `vpc` is Microsoft's VHD. */
export type DiskFormat = 'raw' | 'qcow2' | 'vmdk' | 'vhdx' | 'vdi' | 'vpc';

const readStart = async (file: string, length: number): Promise<Buffer> => {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

const beginsWith = (start: Buffer, hex: string): boolean => start.toString('hex', 0, hex.length / 2) === hex;

/** What the file is packed in, by its first bytes. */
export const detectContainer = async (file: string): Promise<Container | undefined> => {
  const start = await readStart(file, 6);
  if (beginsWith(start, '1f8b')) return 'gzip';
  if (beginsWith(start, 'fd377a585a00')) return 'xz';
  if (beginsWith(start, '28b52ffd')) return 'zstd';
  return undefined;
};

/** Whether it is casync's index of a disk, whose bytes are in a store. */
export const detectCasyncIndex = async (file: string): Promise<boolean> =>
  isCasyncIndex(await readStart(file, 16));

/** What is no disk by its first bytes (the WIM format's header, POSIX's ustar header), and a folder by what is in it. */
export const detectContent = async (file: string): Promise<Content | undefined> => {
  if ((await stat(file)).isDirectory()) {
    const names = await readdir(file);
    return names.includes('oci-layout') ? 'oci' : undefined;
  }
  const start = await readStart(file, 512);
  if (start.toString('latin1', 0, 8) === 'MSWIM\0\0\0') return 'wim';
  if (start.toString('latin1', 257, 262) === 'ustar') return 'tar';
  return undefined;
};

/**
 * The disk format by its first bytes; what has no mark is raw. Throws IMAGE_SOURCE_INVALID for files that lean on others (backing files,
 * data files, split or differencing disks): a file from outside must not make the appliance read another.
 */
export const detectDiskFormat = async (file: string): Promise<DiskFormat> => {
  const start = await readStart(file, 512);
  if (beginsWith(start, '514649fb')) return proveQcow2(file, start);
  if (beginsWith(start, '4b444d56')) return proveVmdk(file, start);
  if (start.toString('latin1', 0, 21) === '# Disk DescriptorFile')
    throw leaning(file, 'it is only the description of a VMDK in several files');
  if (start.toString('latin1', 0, 8) === 'vhdxfile') return 'vhdx';
  if (start.length >= 68 && start.readUInt32LE(64) === 0xbeda107f) return proveVdi(file, start);
  if (start.toString('latin1', 0, 8) === 'conectix') return proveVhd(file, start);
  return 'raw';
};

const leaning = (file: string, problem: string) =>
  sourceFault(file, `${problem}; make one whole file of it first ("qemu-img convert -O qcow2 OLD NEW")`);

/** QEMU's docs/interop/qcow2: backing_file_offset at 8, crypt_method at 32, incompatible_features at 72 (version 3). */
const proveQcow2 = (file: string, start: Buffer): 'qcow2' => {
  if (start.length < 104) throw sourceFault(file, 'it is cut short inside its header');
  if (start.readBigUInt64BE(8) !== 0n) throw leaning(file, 'it is only the difference to a backing file');
  if (start.readUInt32BE(32) !== 0) throw sourceFault(file, 'it is encrypted');
  const externalDataFile = 4n;
  if (start.readUInt32BE(4) >= 3 && (start.readBigUInt64BE(72) & externalDataFile) !== 0n)
    throw leaning(file, 'its data is in another file');
  return 'qcow2';
};

/** VMware's Virtual Disk Format: capacity in sectors at 12; 0 means that an inner description names the files. */
const proveVmdk = (file: string, start: Buffer): 'vmdk' => {
  if (start.length < 512) throw sourceFault(file, 'it is cut short inside its header');
  if (start.readBigUInt64LE(12) === 0n) throw leaning(file, 'it is a VMDK in several files');
  return 'vmdk';
};

/** Microsoft's VHD specification: the disk type at 60 of the footer, whose copy a dynamic disk begins with. */
const proveVhd = (file: string, start: Buffer): 'vpc' => {
  if (start.length < 512) throw sourceFault(file, 'it is cut short inside its header');
  const dynamic = 3;
  if (start.readUInt32BE(60) !== dynamic) throw leaning(file, 'it is a differencing disk');
  return 'vpc';
};

/** VirtualBox's VDI header: where data begins at 0x158, block size at 0x178, blocks in the file at 0x184. QEMU takes a short one for zeros. */
const proveVdi = async (file: string, start: Buffer): Promise<'vdi'> => {
  const whole =
    start.length < 512
      ? Infinity
      : start.readUInt32LE(0x158) + start.readUInt32LE(0x178) * start.readUInt32LE(0x184);
  if ((await stat(file)).size < whole)
    throw sourceFault(file, 'it is cut short; copy it again from where it came from');
  return 'vdi';
};
