/**
 * The client of the npm package `dhcp`, on this host's only interface. Its MAC is the argument; its last line is the lease as JSON. It names no
 * address in its first REQUEST, which no server can answer; the second round names the one that the first was offered.
 */
import { createRequire } from 'node:module';

interface Client {
  listen(): void;
  sendDiscover(): void;
  on(event: 'listening', listener: (socket: { setBroadcast(on: boolean): void }) => void): void;
  on(event: 'message', listener: (packet: { options: Record<number, unknown> }) => void): void;
  on(event: 'bound', listener: (lease: object) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}
const dhcp = createRequire(import.meta.url)('dhcp') as { createClient(options: object): Client };

const [, , mac = ''] = process.argv;
const client = dhcp.createClient({ mac, features: ['domainName'] });
client.on('error', (error) => {
  throw error;
});
const typeOption = 53;
const offer = 2;
let offers = 0;
client.on('message', ({ options }) => {
  if (options[typeOption] === offer && ++offers === 1) setImmediate(() => client.sendDiscover());
});
client.on('bound', (lease) => {
  process.stdout.write(`${JSON.stringify(lease)}\n`);
  process.exit();
});
client.listen();
client.on('listening', () => client.sendDiscover());
