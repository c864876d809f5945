import { GreifError } from '../../core/errors.ts';
import { describeDescriptor, openDescriptor, type Place, placeText, type Transport } from './descriptor.ts';
import { c } from './libc.ts';
import { type Sockets, socketsOver } from './sockets.ts';

/** The first descriptor that a service manager hands over (sd_listen_fds(3)). */
const firstDescriptor = 3;
const anyAddress = '0.0.0.0';
const everyone = '255.255.255.255';

export interface InheritedSocket extends Place {
  fd: number;
  transport: Transport;
  /** Of the socket unit, for messages. */
  name: string;
}

/**
 * The descriptors that are handed to this process by LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES; none when they are meant for another one.
 * Throws CONFIG_INVALID for a number that is none.
 */
export const inheritedDescriptors = (
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): { fd: number; name: string }[] => {
  const { LISTEN_FDS: count, LISTEN_PID: meant, LISTEN_FDNAMES: names } = env;
  if (count === undefined || Number(meant) !== pid) return [];
  if (!/^\d{1,4}$/.test(count))
    throw new GreifError('CONFIG_INVALID', `LISTEN_FDS is "${count}" where a service manager puts a number`);
  return Array.from({ length: Number(count) }, (_, index) => ({
    fd: firstDescriptor + index,
    name: names?.split(':')[index] ?? 'unknown',
  }));
};

const isHere = (
  one: InheritedSocket,
  transport: Transport,
  { port }: Place,
  interfaceName: string,
): boolean =>
  one.transport === transport &&
  one.port === port &&
  (one.device === undefined || one.device === interfaceName);

/**
 * Pure: which socket serves a place. One for all addresses must be held to the interface (`BindToDevice=`), as nobody could tell where its
 * packets come from; it also hears what is sent to everyone. DHCP's sockets must be held to it in any case.
 */
export const socketFor = (
  transport: Transport,
  place: Place,
  interfaceName: string,
  sockets: readonly InheritedSocket[],
): InheritedSocket | undefined => {
  const { address, device } = place;
  const here = sockets.filter(
    (one) =>
      isHere(one, transport, place, interfaceName) && (device === undefined || one.device !== undefined),
  );
  return (
    here.find((one) => one.address === address) ??
    here.find((one) => one.address === anyAddress && one.device !== undefined)
  );
};

export interface InheritedSockets {
  /** For one interface: what is inherited, and else what we may open ourselves. */
  on(interfaceName: string): Sockets;
  /** What no interface wanted. */
  unused(): InheritedSocket[];
}

/** What the descriptors are. Throws CONFIG_INVALID for one that is no IPv4 socket. */
export const describeInherited = (descriptors: readonly { fd: number; name: string }[]): InheritedSocket[] =>
  descriptors.map(({ fd, name }) => {
    const found = describeDescriptor(fd);
    if (found) return { ...found, fd, name };
    throw new GreifError(
      'CONFIG_INVALID',
      `the inherited socket ${name} is no IPv4 socket: in its socket unit write 0.0.0.0:PORT or an address of the interface`,
    );
  });

/** A descriptor is lent as a copy, so that an interface that comes back can have it again. */
export const inheritedSockets = (sockets: readonly InheritedSocket[]): InheritedSockets => {
  const lent = new Set<InheritedSocket>();
  const used = new Set<InheritedSocket>();

  const lend = (transport: Transport, place: Place, interfaceName: string): [number, () => void] => {
    const found = place.port === 0 ? undefined : socketFor(transport, place, interfaceName, sockets);
    if (!found) return [openDescriptor(transport, place), () => {}];
    if (lent.has(found))
      throw new GreifError(
        'PORT_UNAVAILABLE',
        `${placeText(transport, place)}: the inherited socket ${found.name} serves another address of ${interfaceName}; give each address a line of its own in the socket unit`,
      );
    lent.add(found);
    used.add(found);
    return [c.dup(found.fd), () => lent.delete(found)];
  };

  return {
    on: (interfaceName) => ({
      ...socketsOver((transport, place) => lend(transport, place, interfaceName)),
      isHeardBroadly: (place) =>
        socketFor('udp', place, interfaceName, sockets)?.address === anyAddress && place.address !== everyone,
    }),
    unused: () => sockets.filter((one) => !used.has(one)),
  };
};
