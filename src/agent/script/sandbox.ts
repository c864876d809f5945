/** Where and how a script runs. */
export interface Sandbox {
  /** The deployed Linux, which becomes `/`; or a mounted system beside the agent's shell, at `/system`. */
  kind: 'root' | 'folder';
  /** Where it is mounted now. */
  mounted: string;
  /** The script's file. */
  script: string;
  hostName: string;
  network: boolean;
  /** Of data (RLIMIT_DATA), for each process. */
  memoryBytes: number;
  variables: Readonly<Record<string, string>>;
}

/** What setting up a system needs, and nothing that reaches a device, the kernel, another mount or another process. */
const capabilities = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETFCAP',
  'CAP_SETGID',
  'CAP_SETUID',
];

const scratchBytes = 64 * 1024 * 1024;
const scriptPlace = '/run/greif-script';
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Scratch places in memory: what a script leaves there is gone with it. */
const scratch = (...places: string[]): string[] =>
  places.flatMap((place) => ['--size', String(scratchBytes), '--tmpfs', place]);

const fileSystems = ({ kind, mounted, script }: Sandbox, shell: string): string[] => [
  ...(kind === 'root'
    ? ['--bind', mounted, '/']
    : ['--ro-bind', shell, '/bin/busybox', '--symlink', 'busybox', '/bin/sh', '--bind', mounted, '/system']),
  // Its root may write a kernel setting without any capability.
  ...['--dev', '/dev', '--proc', '/proc', '--remount-ro', '/proc'],
  ...scratch('/tmp', '/run'),
  ...['--ro-bind', script, scriptPlace],
  ...['--chdir', kind === 'root' ? '/' : '/system'],
];

/**
 * The command that runs the script: with a mount, PID, UTS, IPC and network namespace of its own, few capabilities and no way to new ones, where the only
 * devices are null, zero, full, random, urandom and a terminal. It ends with all that it started. When memory runs short, it goes first. Pure.
 * @param shell a static busybox
 */
export const sandboxCommand = (sandbox: Sandbox, shell: string): string[] => {
  const { kind, network, hostName, memoryBytes, variables } = sandbox;
  const own = { PATH: path, HOME: '/root', LANG: 'C.UTF-8', ...variables };
  return [
    ...['choom', '--adjust', '1000', '--'],
    ...['prlimit', `--data=${memoryBytes}`, '--core=0', '--'],
    ...['bwrap', '--die-with-parent', '--new-session', '--unshare-pid', '--unshare-ipc'],
    ...['--unshare-uts', '--hostname', hostName, ...(network ? [] : ['--unshare-net'])],
    ...['--cap-drop', 'ALL', ...capabilities.flatMap((name) => ['--cap-add', name])],
    ...fileSystems(sandbox, shell),
    ...['--clearenv', ...Object.entries(own).flatMap(([name, value]) => ['--setenv', name, value])],
    ...['--', ...(kind === 'root' ? [] : ['/bin/busybox', 'sh']), scriptPlace],
  ];
};
