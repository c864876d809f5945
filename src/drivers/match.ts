import type { Inventory, PciDevice } from '../fleet/inventory.ts';
import type { InfFacts } from './inf.ts';

/** Patterns by DMI field, with `*` and `?`, whatever the case: `{ sys_vendor: 'LENOVO', product_name: '20XX*' }`. */
export type DmiMatch = { [Field in DmiField]?: string | undefined };
export const dmiFields = ['sys_vendor', 'product_name'] as const;
export type DmiField = (typeof dmiFields)[number];

const globPattern = (glob: string): RegExp => {
  const escaped = glob
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 'i');
};

/** Pure. An empty match fits nothing. */
export const fitsDmi = (
  match: DmiMatch,
  { manufacturer = '', product = '' }: Inventory['smbios'],
): boolean => {
  const facts: Record<DmiField, string> = { sys_vendor: manufacturer, product_name: product };
  const wanted = dmiFields.flatMap((field) =>
    match[field] === undefined ? [] : [[field, match[field]] as const],
  );
  return wanted.length > 0 && wanted.every(([field, glob]) => globPattern(glob).test(facts[field]));
};

/** `PCI\VEN_8086&DEV_15B7` or `…&SUBSYS_224717AA`: what is said must be so. */
export const fitsPci = (id: string, { vendor, device, subsystem }: PciDevice): boolean => {
  const [, ven, dev, rest = ''] = /^PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})(.*)$/i.exec(id) ?? [];
  if (ven?.toLowerCase() !== vendor || dev?.toLowerCase() !== device) return false;
  const wanted = /&SUBSYS_([0-9A-F]{8})/i.exec(rest)?.[1]?.toLowerCase();
  return wanted === undefined || wanted === subsystem;
};

/** 32-bit drivers are no use to the Windows of these days; `.inf`s that say nothing are for all. */
const isUsable = ({ architectures }: InfFacts): boolean =>
  architectures.length === 0 || architectures.some((one) => one !== 'x86');

/** Why a package is for this PC; `undefined`: it is not. Pure. */
export const reasonFor = (
  { match, infs }: { match?: DmiMatch | undefined; infs: readonly InfFacts[] },
  { smbios, pci = [] }: Inventory,
): string | undefined => {
  const usable = infs.filter(isUsable);
  if (usable.length === 0) return undefined;
  if (match && fitsDmi(match, smbios)) return `the model is ${smbios.product ?? smbios.manufacturer}`;
  for (const device of pci)
    for (const { pciIds } of usable)
      for (const id of pciIds) if (fitsPci(id, device)) return `it has the device ${id}`;
  return undefined;
};
