/** Fetches with the npm package `tftp`: server, remote file, local file, and its options as JSON. */
import { createRequire } from 'node:module';

interface Client {
  get(remote: string, local: string, done: (error?: Error) => void): void;
}
const tftp = createRequire(import.meta.url)('tftp') as { createClient(options: object): Client };

const [host = '', remote = '', local = '', options = '{}'] = process.argv.slice(2);
tftp.createClient({ host, port: 69, ...JSON.parse(options) }).get(remote, local, (error) => {
  if (error) throw error;
  process.exit();
});
