import { type BootFacts, type NamedRow, typeHex } from './boot-facts.ts';

/** `00:07`, as dhcpd.conf(5) writes bytes. */
const bytes = (number: number): string => (typeHex(number).match(/../g) ?? []).join(':');

const client = ({ transport }: NamedRow): string => (transport === 'http' ? 'HTTPClient' : 'PXEClient');

const branch = (row: NamedRow): string[] => [
  `} elsif substring (option vendor-class-identifier, 0, ${client(row).length}) = "${client(row)}" and (${row.numbers
    .map((number) => `substring (option greif-arch, 0, 2) = ${bytes(number)}`)
    .join(' or ')}) {`,
  ...(row.transport === 'http' ? ['  option vendor-class-identifier "HTTPClient";'] : []),
  `  filename "${row.bootfile}";`,
  `  option bootfile-name "${row.bootfile}";`,
];

/** ISC dhcpd: for dhcpd.conf, outside of all blocks or inside the subnet's. */
export const adviseIsc = ({ serverAddress, scriptUrl, rows }: BootFacts): string[] => [
  '# dhcpd.conf. These two lines stand outside of all blocks:',
  'option greif-arch code 93 = string;',
  'option greif-user-class code 77 = string;',
  '',
  '# Outside as well, or in the subnet or pool whose PCs shall boot from Greif:',
  `next-server ${serverAddress};`,
  `option tftp-server-name "${serverAddress}";`,
  'if option greif-user-class ~~ "iPXE" {',
  `  filename "${scriptUrl}";`,
  `  option bootfile-name "${scriptUrl}";`,
  ...rows.flatMap(branch),
  '}',
];
