/** Two appliances, each on an interface of its own: what one has the other fetches, only what is missing, and goes on after a power cut of either. */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { sfdisk, writeAt } from '../../image/sample-disk.ts';
import { startAppliance } from './appliance.ts';

const mib = 2 ** 20;
const [folder = ''] = process.argv.slice(2);
const run = promisify(execFile);
const ip = (line: string) => run('ip', line.split(' '));

await ip('link set lo up');
for (const [name, address] of [
  ['campus', '10.77.0.1'],
  ['branch', '10.78.0.1'],
] as const) {
  await ip(`link add ${name} type veth peer name ${name}-far`);
  await ip(`address add ${address}/24 dev ${name}`);
  for (const end of [name, `${name}-far`]) await ip(`link set ${end} up`);
}

const url = 'http://10.77.0.1:8080';
const token = 'a-token-of-the-campus';
const startCampus = () =>
  startAppliance({
    folder: path.join(folder, 'campus'),
    interface: 'campus',
    host: '127.0.0.1',
    images: { mirror: { token } },
  });
const startBranch = (from: object[] = []) =>
  startAppliance({
    folder: path.join(folder, 'branch'),
    interface: 'branch',
    host: '127.0.0.2',
    images: { mirror: { from } },
  });
let [campus, branch] = [await startCampus(), await startBranch()];

const disk = path.join(folder, 'disk.raw');
await writeFile(disk, Buffer.concat([Buffer.alloc(mib), randomBytes(12 * mib)]));
await sfdisk(disk, 'label: dos\nstart=2048, type=83\n');
const importVersion = () =>
  campus.finish(campus.client.importImage({ body: { name: 'debian', path: disk } }));
const pull = (over: object = {}) =>
  branch.client.pullImage({ body: { image: 'debian@newest', from: url, token, ...over } });
const verified: Record<string, unknown> = {};
const verify = async (image: string) =>
  (await branch.finish(branch.client.verifyImage({ params: { image }, query: {} }))).verification;

await importVersion();
const { present: key } = await campus.client.getKeys();
const untrusted = await branch.finish(pull());
const wrongToken = await branch.finish(pull({ token: 'another-token-altogether' }));
const first = await branch.finish(pull({ trust: key }));
verified['debian@1'] = await verify('debian@1');
const again = await branch.finish(pull());

await writeAt(disk, 5 * mib, randomBytes(mib));
await importVersion();
const second = await branch.finish(pull());
verified['debian@2'] = await verify('debian@2');

// Version 3 is new through and through, and comes slowly enough to be interrupted.
await writeAt(disk, mib, randomBytes(12 * mib));
await importVersion();
await run('tc', 'qdisc add dev lo root tbf rate 40mbit burst 512kb latency 400ms'.split(' '));
const some = (job: { newChunks?: number | undefined }) => ((job.newChunks ?? 0) > 10 ? 'enough' : undefined);
await branch.finish(pull(), some);
await branch.kill();
branch = await startBranch();
const interrupted = (await branch.client.listImages()).map(({ ref }) => ref);
const resumed = branch.finish(pull());
await branch.finish(pull(), some); // the same job
await campus.kill();
campus = await startCampus();
const third = await resumed;
verified['debian@3'] = await verify('debian@3');
await run('tc', 'qdisc del dev lo root'.split(' '));

// By itself, as configured.
await branch.stop();
await writeAt(disk, 9 * mib, randomBytes(mib));
await importVersion();
branch = await startBranch([{ url, token, images: ['deb*'], everyMinutes: 60 }]);
while (!(await branch.client.listImages()).some(({ ref }) => ref === 'debian@4')) await sleep(50);
verified['debian@4'] = await verify('debian@4');

const status = async (address: string, authorization = '') =>
  (await fetch(`${address}/images/v1/list`, { headers: { authorization } })).status;
const doors = {
  without: await status(url),
  wrong: await status(url, 'Bearer nonsense-nonsense'),
  right: await status(url, `Bearer ${token}`),
  noToken: await status('http://10.78.0.1:8080', 'Bearer '),
};
const secrets = [campus.log(), branch.log()].some((log) => log.includes(token));
await campus.stop();
await branch.stop();
const jobs = { untrusted, wrongToken, first, again, second, third };
console.log(JSON.stringify({ key, jobs, verified, interrupted, doors, secrets }));
