import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { spawnBound, stop } from '../../src/lab/child.ts';
import { run } from '../../src/lab/program.ts';
import { enterRoom } from '../../src/lab/room.ts';

/**
 * Two network namespaces with a veth pair between them: the server's, which this process is in from now on, and the clients', where every address of
 * the upper half of the network is the machine's own, as that of some PC. The server reaches them by way of the clients' end, as through a router: a
 * kernel's table of neighbours holds 1,024 unless told otherwise, in all its namespaces together.
 */
export interface Cable {
  /** The server's end; its address is `address`, in a /16. */
  interfaceName: string;
  address: string;
  /** A process whose network namespace is the clients'. */
  clientsPid: number;
  /** What is started here runs on the clients' side. It ends with this process at the latest. */
  spawnClient(command: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  cut(): Promise<void>;
}

const subnet = '10.78';

/** Needs root. There is no way back: this process stays in its namespace. */
export const layCable = async (): Promise<Cable> => {
  await enterRoom();
  const holder = spawnBound('unshare', ['--net', 'sh', '-c', 'echo ready; exec sleep infinity'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (holder.stdout) await once(holder.stdout, 'data');
  const inside = ['-t', `${holder.pid}`, '-n'];
  const link = ['link', 'add', 'server', 'type', 'veth', 'peer', 'name', 'clients', 'netns', `${holder.pid}`];
  await run('ip', link);
  await run('ip', ['address', 'add', `${subnet}.0.1/16`, 'dev', 'server']);
  await run('ip', ['link', 'set', 'server', 'up']);
  await run('nsenter', [...inside, 'ip', 'address', 'add', `${subnet}.0.2/16`, 'dev', 'clients']);
  for (const name of ['lo', 'clients']) await run('nsenter', [...inside, 'ip', 'link', 'set', name, 'up']);
  await run('ip', ['route', 'add', `${subnet}.128.0/17`, 'via', `${subnet}.0.2`]);
  const routes = [`local ${subnet}.128.0/17 dev lo`, '255.255.255.255 dev clients'];
  for (const route of routes) await run('nsenter', [...inside, 'ip', 'route', 'add', ...route.split(' ')]);
  return {
    interfaceName: 'server',
    address: `${subnet}.0.1`,
    clientsPid: holder.pid ?? 0,
    spawnClient: (command, args, options) => spawnBound('nsenter', [...inside, command, ...args], options),
    cut: () => stop(holder, 'SIGKILL'),
  };
};
