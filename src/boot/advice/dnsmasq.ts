import type { BootFacts, NamedRow } from './boot-facts.ts';

const rowLines = ({ name, transport, numbers, bootfile }: NamedRow, serverAddress: string): string[] => {
  const tag = `greif-${name}`;
  return [
    ...numbers.map((number) => `dhcp-match=set:${tag},option:client-arch,${number}`),
    // UEFI takes an offer for HTTP boot only with this option, which it does not ask for.
    ...(transport === 'http' ? [`dhcp-option-force=tag:${tag},60,HTTPClient`] : []),
    `dhcp-boot=tag:!greif-ipxe,tag:${tag},${bootfile},,${serverAddress}`,
  ];
};

export const adviseDnsmasq = ({ serverAddress, scriptUrl, rows }: BootFacts): string[] => [
  '# dnsmasq.conf, or a file in /etc/dnsmasq.d',
  'dhcp-userclass=set:greif-ipxe,iPXE',
  'dhcp-match=set:greif-ipxe,175',
  `dhcp-boot=tag:greif-ipxe,${scriptUrl},,${serverAddress}`,
  ...rows.flatMap((row) => rowLines(row, serverAddress)),
];
