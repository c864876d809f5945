import { options } from '../../wire/dhcp/options.ts';
import { type DhcpRequest, tolerant } from './request.ts';
import type { ClassConfig } from './scope-schema.ts';

/** Clients of one sort, and the options that they get. */
export type ClientClass = ClassConfig;

/** Whether a client belongs to a class: all that the class names must be so. */
export const isOfClass = ({ packet }: DhcpRequest, { match }: ClientClass): boolean => {
  const { vendorClass, userClass, arch } = match;
  if (vendorClass !== undefined && !tolerant(packet, options.vendorClass)?.startsWith(vendorClass))
    return false;
  if (userClass !== undefined && !tolerant(packet, options.userClass)?.includes(userClass)) return false;
  const archs = arch && (tolerant(packet, options.clientArch) ?? []);
  return !archs || archs.some((number) => arch.includes(number));
};
