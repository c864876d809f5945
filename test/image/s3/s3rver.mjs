/**
 * s3rver, a real S3 server for tests, in a process of its own: it makes its listing's tokens with DES, which only Node's old
 * provider has. Two ports over one folder: `strict` checks signatures; `lenient` does not, as s3rver takes those of listings and of
 * buckets in the host name for wrong. Prints the ports as JSON; ends with its input.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import S3rver from '@20minutes/s3rver';

const [folder = ''] = process.argv.slice(2);
/** @param {boolean} allowMismatchedSignatures */
const listen = async (allowMismatchedSignatures) => {
  const s3 = new S3rver({
    directory: folder,
    silent: true,
    serviceEndpoint: 'test',
    allowMismatchedSignatures,
  });
  const server = createServer(s3.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address()?.port;
};
console.log(JSON.stringify({ strict: await listen(false), lenient: await listen(true) }));
process.stdin.on('end', () => process.exit()).resume();
