/** Boot files across a cable: curl by TFTP and HTTP, atftp, tftp-hpa, busybox and the npm package tftp. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { createBootHttp } from '../../../src/boot/http/handler.ts';
import type { BootServicesOptions } from '../../../src/boot/services.ts';
import { silentLog } from '../../../src/core/log.ts';
import { connectHost, folder, ip, leave, startServices } from './network.ts';

const server = '10.77.0.1';
const pc = await connectHost('pc');
await ip('link set lo up');
await ip(`address add ${server}/24 dev pc-room`);
await pc.run('ip', 'address', 'add', '10.77.0.9/24', 'dev', 'pc');

const boot = path.join(folder, 'boot');
await mkdir(boot);
const content = randomBytes(3 * 1024 * 1024 + 77);
const text = 'GRUB\nMenü\n\n';
await writeFile(path.join(boot, 'kernel'), content);
await writeFile(path.join(boot, 'menu.txt'), text);
const files = createBootHttp({
  desk: { plan: async () => ({ bootId: 'b', token: 't', plan: { kind: 'discover' } }) },
  bootFolder: boot,
  serverUrl: `http://${server}:8080`,
  kernelArguments: '',
  log: silentLog,
});
/** The boot files of this folder at one of our addresses. */
const serveHttp: BootServicesOptions['serveHttp'] = async (place, sockets) => {
  const http = createServer((request, response) => void files(request, response));
  await sockets.tcp(place, http);
  return { close: () => new Promise((done) => http.close(() => done()).closeAllConnections()) };
};
const own = { bootFolder: boot, serveHttp };
const { services, lines } = await startServices([{ name: 'pc-room', dhcp: 'off' }], 600, {}, own);

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const npmClient = path.join(import.meta.dirname, 'npm-tftp-client.ts');
const atftp =
  (...options: string[]) =>
  (to: string) => [
    'atftp',
    ...options.flatMap((option) => ['--option', option]),
    ...['-g', '-r', 'kernel', '-l', to, server],
  ];
const npm = (options: object) => (to: string) => [
  process.execPath,
  npmClient,
  server,
  'kernel',
  to,
  JSON.stringify(options),
];

/** Each fetches `kernel` into a file. */
const clients: Record<string, (to: string) => string[]> = {
  curl: (to) => ['curl', '-sS', '-o', to, `tftp://${server}/kernel`],
  curlWithoutOptions: (to) => ['curl', '-sS', '--tftp-no-options', '-o', to, `tftp://${server}/kernel`],
  curlLargeBlocks: (to) => ['curl', '-sS', '--tftp-blksize', '1468', '-o', to, `tftp://${server}/kernel`],
  atftp: atftp(),
  atftpWindow: atftp('blksize 1468', 'windowsize 16', 'tsize 0', 'timeout 2'),
  tftpHpa: (to) => ['tftp', '-m', 'binary', server, '-c', 'get', 'kernel', to],
  busybox: (to) => ['busybox', 'tftp', '-g', '-r', 'kernel', '-l', to, server],
  busyboxLargeBlocks: (to) => ['busybox', 'tftp', '-b', '1468', '-g', '-r', 'kernel', '-l', to, server],
  npm: npm({ windowSize: 4, blockSize: 1468 }),
  npmLockStep: npm({ windowSize: 1, blockSize: 512 }),
  curlHttp: (to) => ['curl', '-sS', '-f', '-o', to, `http://${server}:8080/boot/files/kernel`],
  // Goes on behind the first megabyte, which is there already.
  curlHttpRange: (to) => [
    'curl',
    '-sS',
    '-f',
    '-C',
    '-',
    '-o',
    to,
    `http://${server}:8080/boot/files/kernel`,
  ],
};

const equal: Record<string, boolean> = {};
await writeFile(path.join(folder, 'curlHttpRange'), content.subarray(0, 1024 * 1024));
for (const [name, command] of Object.entries(clients)) {
  const to = path.join(folder, name);
  const [program = '', ...args] = command(to);
  await pc.run(program, ...args);
  equal[name] = sha256(await readFile(to)) === sha256(content);
}
const asText = path.join(folder, 'menu');
await pc.run('tftp', '-m', 'ascii', server, '-c', 'get', 'menu.txt', asText);
const refused = await pc
  .run('curl', '-sS', '-T', npmClient, `tftp://${server}/written`)
  .catch((error) => error.code);

await services.close();
leave({
  equal,
  netascii: (await readFile(asText, 'utf8')) === text,
  refused,
  warnings: lines.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message),
});
