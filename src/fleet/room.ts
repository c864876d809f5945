import { z } from 'zod';
import { diskRolesSchema } from './disk-rule.ts';
import { mostScripts, scriptRefSchema } from './script.ts';

/** What a UEFI PC is started by: `shim` (then GRUB; works with Secure Boot on and off) or `ipxe`. */
export const loaderSchema = z.enum(['shim', 'ipxe']);
export type Loader = z.infer<typeof loaderSchema>;

export const roomNameSchema = z
  .string()
  .regex(
    /^[\p{L}\p{N}]([\p{L}\p{N} ._-]{0,61}[\p{L}\p{N}])?$/u,
    'letters, digits and inner blanks . _ -, at most 63',
  );

/** PCs that take values together, wherever they stand. */
export const groupNameSchema = roomNameSchema;

/** A template of the administrator's, as a file is called after it. */
export const templateNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'small letters, digits, dots, hyphens and underlines, at most 63');

/** What is set for the PCs of a room. A machine names its room; one for which nothing is set needs no entry. */
export const roomSchema = z.object({
  name: roomNameSchema,
  loader: loaderSchema.optional(),
  /** Whether iPXE shows a person at the PC what can be started. */
  menu: z.boolean().optional(),
  /** The template of Windows' answer file, where an order names none. */
  unattend: templateNameSchema.optional(),
  /** Run after a deploy, unless the machine or the order says otherwise. */
  scripts: z.array(scriptRefSchema).max(mostScripts).optional(),
  /** Which disk of a PC is which, by role, where the machine itself says nothing. */
  disks: diskRolesSchema.optional(),
});

export type Room = z.infer<typeof roomSchema>;
