import { options, readOption } from '../../wire/dhcp/options.ts';
import { type DhcpRequest, tolerant } from './request.ts';
import type { ReservationConfig } from './scope-schema.ts';

/** What is set for one host. */
export type Reservation = ReservationConfig;

/** The hosts of a scope, by what they are named by and by their address. */
export interface Reservations {
  byHost: ReadonlyMap<string, Reservation>;
  byAddress: ReadonlyMap<string, Reservation>;
}

const keyOf = ({ mac, clientId, uuid }: Reservation): string =>
  mac ? `mac:${mac}` : clientId ? `id:${clientId}` : `uuid:${uuid}`;

export const indexReservations = (list: readonly Reservation[]): Reservations => ({
  byHost: new Map(list.map((host) => [keyOf(host), host])),
  byAddress: new Map(list.flatMap((host) => (host.address ? [[host.address, host]] : []))),
});

/** The host that sent the request. One that is named in several ways goes by its client id, then UUID, then MAC. */
export const reservationOf = (
  { packet, mac }: DhcpRequest,
  { byHost }: Reservations,
): Reservation | undefined => {
  if (byHost.size === 0) return undefined;
  const clientId = readOption(packet, options.clientIdentifier)?.toString('hex');
  return (
    byHost.get(`id:${clientId}`) ??
    byHost.get(`uuid:${tolerant(packet, options.clientUuid)}`) ??
    byHost.get(`mac:${mac}`)
  );
};
