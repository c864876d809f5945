import { GreifError } from '../../../core/errors.ts';
import { sha256Hex } from '../../../core/ids.ts';
import { type DriverPackage, driverPackageSchema } from '../../../drivers/package.ts';

export type TakeBytes = (bytes: AsyncIterable<Uint8Array>) => Promise<void>;

/** Where the agent fetches drivers. Throws what the appliance says. */
export interface DriverSource {
  /** The exact text of a package's description. */
  describe(name: string): Promise<string>;
  /** A file of the package, piece by piece, as it comes; `take` is called again from the start when the way broke. */
  read(name: string, digest: string, take: TakeBytes): Promise<void>;
}

/** The description that the order names. Throws DRIVER_INVALID. */
export const describedPackage = async (
  source: DriverSource,
  { name, digest }: { name: string; digest: string },
): Promise<DriverPackage> => {
  const text = await source.describe(name);
  if (sha256Hex(text) !== digest)
    throw new GreifError(
      'DRIVER_INVALID',
      `the driver package ${name} was replaced since the order was claimed: file the order again`,
    );
  return driverPackageSchema.parse(JSON.parse(text));
};
