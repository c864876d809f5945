import type { Arch } from '../plan.ts';

/** UEFI 2.10 section 3.5.1.1, as loaders bear it in their names. */
const suffixes: Record<Exclude<Arch, 'bios'>, string> = {
  'uefi-ia32': 'ia32',
  'uefi-x64': 'x64',
  'uefi-arm64': 'aa64',
};

const shimFolders = ['debian', 'ubuntu', 'fedora', 'centos', 'redhat', 'rocky', 'almalinux'];

/**
 * Where a system keeps its loader on the disk. The fallback comes last: shim's own fallback program (fbx64.efi), if it is there, would
 * rewrite the boot order and so lock the network out.
 */
export const diskLoaders = (arch: Exclude<Arch, 'bios'>): string[] => {
  const suffix = suffixes[arch];
  return [
    ...shimFolders.map((folder) => `/EFI/${folder}/shim${suffix}.efi`),
    '/EFI/opensuse/shim.efi',
    '/EFI/Microsoft/Boot/bootmgfw.efi',
    `/EFI/BOOT/BOOT${suffix.toUpperCase()}.EFI`,
  ];
};
