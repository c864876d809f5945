import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasExited, spawnBound, stop } from '../../src/lab/child.ts';

export interface NginxOptions {
  /** For its own files. */
  folder: string;
  /** What it serves. */
  root: string;
  address: string;
  port: number;
}

export interface Nginx {
  workerPid: number;
  stop(): Promise<void>;
}

/** nginx with one worker and sendfile, as Debian configures it. Resolves when it answers. */
export const startNginx = async ({ folder, root, address, port }: NginxOptions): Promise<Nginx> => {
  const configuration = path.join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/nginx;`,
  );
  await writeFile(
    configuration,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit; user root;
     events { worker_connections 4096; }
     http {
       access_log off; sendfile on; tcp_nopush on; ${temporary.join(' ')}
       server { listen ${address}:${port}; root ${root}; }
     }`,
  );
  const child = spawnBound('nginx', ['-c', configuration, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (!(await fetch(`http://${address}:${port}/`).catch(() => undefined))) {
    if (hasExited(child)) throw new Error('nginx ended: is nginx-light installed?');
    await sleep(50);
  }
  const [worker] = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).split(' ');
  return { workerPid: Number(worker), stop: () => stop(child, 'SIGTERM') };
};
