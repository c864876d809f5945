import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** A line of SetupComplete.cmd: one command of the administrator's, as cmd.exe reads it. */
export const setupCommandSchema = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[^\p{Cc}]*$/u, 'one line without control characters');

/**
 * What a PC gets beside its image, if that turns out to be a Windows. It goes to the agent as JSON text, signed like the manifest:
 * whoever can change it runs commands on the PC.
 */
export const windowsKitSchema = z.object({
  /** The whole answer file. */
  unattend: z.string(),
  setupCommands: z.array(setupCommandSchema),
  drivers: z.array(
    z.object({
      name: z.string(),
      /** Why this PC gets it. */
      reason: z.string(),
      /** SHA-256 of the package's description, in which each file stands with its own. */
      digest: sha256,
      sizeBytes: z.number().int().nonnegative(),
    }),
  ),
});

export type WindowsKit = z.infer<typeof windowsKitSchema>;
