import { type BootFacts, type NamedRow, typeHex } from './boot-facts.ts';

const isIpxe = "substring(option[77].hex,0,4) == 'iPXE' or substring(option[77].hex,1,4) == 'iPXE'";

const bootOptions = (serverAddress: string, bootfile: string) => ({
  'next-server': serverAddress,
  'boot-file-name': bootfile,
  'option-data': [
    { name: 'tftp-server-name', data: serverAddress },
    { name: 'boot-file-name', data: bootfile },
  ] as object[],
});

const rowClass = (row: NamedRow, serverAddress: string): object => {
  const client = row.transport === 'http' ? 'HTTPClient' : 'PXEClient';
  const types = row.numbers.map((number) => `substring(option[93].hex,0,2) == 0x${typeHex(number)}`);
  const given = bootOptions(serverAddress, row.bootfile);
  // UEFI takes an offer for HTTP boot only with this option, which it does not ask for.
  if (row.transport === 'http')
    given['option-data'].push({ name: 'vendor-class-identifier', data: 'HTTPClient', 'always-send': true });
  return {
    name: `greif-${row.name}`,
    test: `not member('greif-ipxe') and substring(option[60].hex,0,${client.length}) == '${client}' and (${types.join(' or ')})`,
    ...given,
  };
};

/** Kea: a member of `Dhcp4`, in valid JSON without comments. */
export const adviseKea = ({ serverAddress, scriptUrl, rows }: BootFacts): string[] => {
  const ipxe = { name: 'greif-ipxe', test: isIpxe, ...bootOptions(serverAddress, scriptUrl) };
  const classes = [ipxe, ...rows.map((row) => rowClass(row, serverAddress))];
  return JSON.stringify({ 'client-classes': classes }, null, 2).split('\n');
};
