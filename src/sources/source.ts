import { z } from 'zod';
import { osSystemSchema } from '../fleet/profile.ts';

/** How a source is called, in its address too. */
export const sourceNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'small letters, digits, dots, hyphens and underlines, at most 63');

export const sourceArchitectures = ['x64', 'arm64'] as const;

/** A path in the source, without a slash in front. */
const filePath = z.string().min(1).max(4096);

/** What was found in a source, or was told. */
export const sourceFactsSchema = z.object({
  system: osSystemSchema.optional(),
  /** As the system counts: `12`, `24.04`, `9.4`, `8.2`. */
  release: z.string().max(64).optional(),
  architecture: z.enum(sourceArchitectures),
  kernel: filePath.optional(),
  initrds: z.array(filePath),
  /** For UEFI, with Secure Boot: the shim and the GRUB that it starts from its own folder. */
  loaders: z.object({ shim: filePath, grub: filePath }).optional(),
  windows: z
    .object({
      bootWim: filePath,
      bootSdi: filePath,
      bcd: filePath,
      /** `install.wim`, `install.esd` or the first of `install*.swm`. */
      installWim: filePath.optional(),
    })
    .optional(),
});

export type SourceFacts = z.infer<typeof sourceFactsSchema>;

/** What an operator tells who knows better than the media say. */
export const toldFactsSchema = sourceFactsSchema
  .pick({ system: true, release: true, architecture: true, kernel: true, initrds: true })
  .partial()
  .strict();

export type ToldFacts = z.infer<typeof toldFactsSchema>;

/** An installer source as it is kept and told. */
export const installerSourceSchema = sourceFactsSchema.extend({
  name: sourceNameSchema,
  kind: z.enum(['iso', 'netboot', 'folder']),
  /** The volume's name, of an ISO. */
  label: z.string().optional(),
  /** What it was imported from, on the appliance's disk. */
  from: z.string(),
  importedAt: z.iso.datetime(),
  /** SHA-256 of the file that was imported, as its makers publish it; of a folder: of its files' bytes in the order of their paths. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  fileCount: z.number().int().nonnegative(),
  /** What it takes on the appliance's disk. */
  sizeBytes: z.number().int().nonnegative(),
});

export type InstallerSource = z.infer<typeof installerSourceSchema>;
