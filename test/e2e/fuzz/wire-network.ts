/** The addresses of the room in which the services are fuzzed over the wire. */
export const serverAddress = '10.77.0.1';
export const everyone = '255.255.255.255';
/** The PC's end of the cable. */
export const face = 'pc';
export const wireNetwork = { server: serverAddress, inPool: '10.77.0.20', outside: '10.99.0.9' };
/** The sound client's. */
export const wireReserved = '10.77.0.200';
/** The PC has one for each of its TFTP clients. */
export const clientAddress = (number: number): string => `10.77.0.${100 + number}`;
export const clientAddresses = Array.from({ length: 33 }, (_, number) => clientAddress(number));
