import type { Authority } from './authority.ts';

/** "newc" headers and contents end at a multiple of this (cpio(5); Linux: Documentation/driver-api/early-userspace/buffer-format.rst). */
const alignment = 4;
const directory = 0o040755;
const file = 0o100644;

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);

/** One entry, owned by root. `number` is its own in the archive. */
const entry = (number: number, name: string, mode: number, content = ''): Buffer => {
  const links = mode === file ? 1 : 2;
  const sizeBytes = Buffer.byteLength(content);
  // Inode, mode, owner, group, links, time, size, device and special device (two numbers each), length of the name, checksum.
  const fields = [number, mode, 0, 0, links, 0, sizeBytes, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([padded(Buffer.from(header)), padded(Buffer.from(content))]);
};

/** An initrd to be loaded behind an installer's own: its OpenSSL, and so its wget, then trusts the authority. */
export const trustInitrd = ({ certificate, subjectHash }: Authority): Buffer =>
  Buffer.concat([
    entry(1, 'etc', directory),
    entry(2, 'etc/ssl', directory),
    entry(3, 'etc/ssl/certs', directory),
    entry(4, `etc/ssl/certs/${subjectHash}.0`, file, certificate),
    entry(0, 'TRAILER!!!', 0),
  ]);
