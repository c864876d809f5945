import { GreifError } from '../core/errors.ts';
import { type PublicKey, publicKeySchema } from '../image/format/signature.ts';

/** What the boot script put on the kernel's command line for us. */
export interface KernelArguments {
  /** The appliance's room side: `http://IP:PORT`, without a slash at the end. */
  server: string;
  /** Good for one check-in. */
  token: string;
  /** The id that runs through boot, agent and order in the log. */
  bootId: string;
  /** Whose signature under a manifest counts. */
  publicKey: PublicKey;
}

/** Reads `/proc/cmdline`; throws BAD_REQUEST naming what is missing. */
export const parseKernelArguments = (commandLine: string): KernelArguments => {
  const words = commandLine.trim().split(/\s+/);
  const value = (name: string): string => {
    const found = words.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
    if (!found)
      throw new GreifError(
        'BAD_REQUEST',
        `the kernel command line has no ${name}=: boot this PC through Greif's boot script`,
      );
    return found;
  };
  const server = value('greif.server').replace(/\/+$/, '');
  if (!/^http:\/\/[^/]+$/.test(server))
    throw new GreifError('BAD_REQUEST', `greif.server=${server} is not of the form http://IP:PORT`);
  const publicKey = value('greif.key');
  if (!publicKeySchema.safeParse(publicKey).success)
    throw new GreifError('BAD_REQUEST', `greif.key=${publicKey} is no Ed25519 public key in base64url`);
  return { server, token: value('greif.token'), bootId: value('greif.boot'), publicKey };
};
