import type { BootFacts } from './boot-facts.ts';

/**
 * Cisco IOS gives every PC of a pool the same boot file, whatever its firmware and whether iPXE asks. So one kind of firmware a pool, and only a loader
 * that does not ask DHCP again; for mixed rooms a second helper address and ProxyDHCP.
 */
export const adviseCisco = ({ serverAddress, rows }: BootFacts): string[] => {
  // iPXE asks DHCP for its script and would be given itself, for ever.
  const loaders = rows.filter(({ transport, loader }) => transport === 'tftp' && loader === 'shim');
  const first = loaders.find(({ arch }) => arch === 'uefi-x64') ?? loaders[0];
  const onePool = first && [
    '!',
    `! Or, where all PCs of the pool have the same UEFI firmware (here ${first.name}):`,
    'ip dhcp pool PCS',
    ` next-server ${serverAddress}`,
    ` option 66 ascii ${serverAddress}`,
    ` bootfile ${first.bootfile}`,
    ...loaders
      .filter((row) => row !== first)
      .map(({ name, bootfile }) => `! in place of the last line for ${name}: bootfile ${bootfile}`),
  ];
  return [
    '! Cisco IOS gives all PCs of a pool one boot file; it cannot tell BIOS from UEFI, nor iPXE from firmware.',
    '! Recommended, for any PC: leave the pool without a boot file and send the broadcasts to Greif as well, where this',
    '! interface has --dhcp proxy. On the interface of the PCs (the SVI):',
    'interface Vlan10',
    ` ip helper-address ${serverAddress}`,
    ...(onePool ?? []),
  ];
};
