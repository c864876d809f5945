/** What a template of the administrator's can be of: `unattend` is the answer file of imaged PCs, the others are installers'. */
export const templateFormats = [
  'unattend',
  'agama',
  'archinstall',
  'autoinstall',
  'autounattend',
  'autoyast',
  'bsdinstall',
  'flatcar',
  'kickstart',
  'nixos',
  'preseed',
  'proxmox',
] as const;
export type TemplateFormat = (typeof templateFormats)[number];
