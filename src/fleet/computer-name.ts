import { GreifError } from '../core/errors.ts';

/** NetBIOS names (MS-NBTE 2.2.1): Windows cuts longer ones off, and two PCs of a room would be one. */
const atMost = 15;

/** Throws HOST_NAME_INVALID unless Windows can bear the host name as it is. */
export const assertComputerName = (hostName: string): void => {
  const refuse = (why: string): never => {
    throw new GreifError(
      'HOST_NAME_INVALID',
      `"${hostName}" cannot be the name of a Windows PC: ${why}. Give another one with --host-name`,
    );
  };
  if (hostName.length > atMost) refuse(`it has ${hostName.length} characters, Windows takes ${atMost}`);
  if (/^\d+$/.test(hostName)) refuse('it has digits only');
};
