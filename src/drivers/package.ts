import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** How a package is called, as a folder on the appliance and on the PC. */
export const driverNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'small letters, digits, dots, hyphens and underlines, at most 63');

/** A path within the package that NTFS can hold and that stays within it. */
const isFilePath = (file: string): boolean =>
  file.split('/').every((part) => /^[^<>:"|?*\\\p{Cc}]*[^<>:"|?*\\\p{Cc}. ]$/u.test(part));

const pattern = z.string().min(1).max(128);
export const dmiMatchSchema = z
  .strictObject({ sys_vendor: pattern.optional(), product_name: pattern.optional() })
  .refine(
    (match) => Object.values(match).some((glob) => glob !== undefined),
    'name a field: sys_vendor, product_name',
  );

/** A folder of drivers as the appliance keeps it; the exact bytes of this as JSON are what its digest is of. */
export const driverPackageSchema = z.object({
  name: driverNameSchema,
  addedAt: z.iso.datetime(),
  match: dmiMatchSchema.optional(),
  infs: z
    .array(
      z.object({
        path: z.string(),
        className: z.string().optional(),
        pciIds: z.array(z.string()),
        architectures: z.array(z.string()),
      }),
    )
    .min(1),
  files: z
    .array(
      z.object({
        path: z.string().max(512).refine(isFilePath, 'Windows has no files of this name'),
        sizeBytes: z.number().int().nonnegative(),
        digest: sha256,
      }),
    )
    .min(1)
    .max(20_000),
});

export type DriverPackage = z.infer<typeof driverPackageSchema>;

export const sizeOf = ({ files }: Pick<DriverPackage, 'files'>): number =>
  files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
