import type { BootFacts, NamedRow } from './boot-facts.ts';

const set = (name: string, bootfile: string, more: string[] = []): string[] => [
  `/ip dhcp-server option add name=${name} code=67 value="s'${bootfile}'"`,
  `/ip dhcp-server option sets add name=${name} options=${['greif-server', name, ...more].join(',')}`,
];

const rowLines = ({ name, transport, vendorClasses, bootfile }: NamedRow): string[] => {
  const own = `greif-${name}`;
  return [
    ...set(own, bootfile, transport === 'http' ? ['greif-http-client'] : []),
    ...vendorClasses.map(
      (value, index) =>
        `/ip dhcp-server matcher add name=${own}-${index + 1} server=$greifDhcp code=60 matching-type=substring value="${value}" option-set=${own}`,
    ),
  ];
};

/** RouterOS 7 with `matcher` (7.6 or later knows substrings). */
export const adviseMikrotik = ({ serverAddress, cidr, scriptUrl, rows }: BootFacts): string[] => [
  '# RouterOS 7, in the terminal. greifDhcp is the name of your DHCP server (/ip dhcp-server print).',
  ':global greifDhcp "dhcp1"',
  `/ip dhcp-server network set [find address="${cidr}"] next-server=${serverAddress}`,
  `/ip dhcp-server option add name=greif-server code=66 value="s'${serverAddress}'"`,
  `/ip dhcp-server option add name=greif-http-client code=60 value="s'HTTPClient'"`,
  '# iPXE sends the vendor class of its firmware, too: its matcher must stay before the others.',
  ...set('greif-ipxe', scriptUrl),
  '/ip dhcp-server matcher add name=greif-ipxe server=$greifDhcp code=77 matching-type=substring value="iPXE" option-set=greif-ipxe',
  ...rows.flatMap(rowLines),
];
