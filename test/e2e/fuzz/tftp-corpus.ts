import { encodeTftp, type TftpPacket } from '../../../src/wire/tftp/packet.ts';
import { goldenPackets } from './golden.ts';

export const request = (
  filename: string,
  mode = 'octet',
  options: Record<string, string> = {},
): TftpPacket => ({
  kind: 'RRQ',
  filename,
  mode,
  options: new Map(Object.entries(options)),
});

/** Packets of every kind that reaches port 69, whole and sound; `file` is there, other names are not. */
export const requestCorpus = (file: string): Buffer[] => [
  ...(
    [
      request(file),
      request(file, 'netascii'),
      request(file, 'octet', { tsize: '0', blksize: '1468', windowsize: '8', timeout: '3' }),
      request(file, 'octet', { blksize: '512', windowsize: '64', rollover: '0', multicast: '' }),
      request('grub/grub.cfg'),
      request('greif/grub.cfg-52:54:00:00:00:01'),
      request('../../etc/passwd'),
      request('loaders\\shimx64.efi'),
      { kind: 'WRQ', filename: file, mode: 'octet', options: new Map() },
    ] satisfies TftpPacket[]
  ).map(encodeTftp),
  ...followUpCorpus(),
  ...goldenPackets('tftp'),
];

/** What comes in the course of a transfer. */
export const followUpCorpus = (): Buffer[] =>
  (
    [
      ...[0, 1, 2, 8, 65_535].map((block) => ({ kind: 'ACK' as const, block })),
      { kind: 'ERROR', code: 8, message: 'User aborted the transfer' },
      { kind: 'DATA', block: 1, data: Buffer.alloc(512, 1) },
      { kind: 'OACK', options: new Map([['blksize', '1468']]) },
    ] satisfies TftpPacket[]
  ).map(encodeTftp);
