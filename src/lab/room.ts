import koffi from 'koffi';
import { GreifError } from '../core/errors.ts';
import { run } from './program.ts';

/** linux/sched.h */
const CLONE_NEWNET = 0x40000000;

export interface Room {
  /** The bridge that plays the room's switch; the appliance serves PCs on it. */
  bridge: string;
  /** The appliance's address on it. */
  address: string;
  /** A new socket in the wall: the name of a tap device for one PC. */
  addTap(): Promise<string>;
}

/** Throws FORBIDDEN. */
export const assertRoot = (): void => {
  if (process.getuid?.() === 0) return;
  throw new GreifError(
    'FORBIDDEN',
    'a virtual room needs root (network namespace, tap devices): run this with sudo',
  );
};

let entered = false;

/**
 * Moves this process's main thread, and so all its later sockets and child processes, into a network namespace without a
 * name: it vanishes with the last of them, however they end. There is no way back and no way out to any other network.
 * Throws FORBIDDEN without root.
 */
export const enterRoom = async (): Promise<Room> => {
  assertRoot();
  if (entered) throw new GreifError('INTERNAL', 'this process is in a room already');
  if (koffi.load('libc.so.6').func('int unshare(int flags)')(CLONE_NEWNET) !== 0)
    throw new GreifError(
      'FORBIDDEN',
      'the kernel refuses a network namespace: run this as root outside a container',
    );
  entered = true;
  const bridge = 'br0';
  const address = '10.77.0.1';
  await run('ip', ['link', 'set', 'lo', 'up']);
  // Without spanning tree a port forwards at once: firmware does not wait for a listening switch.
  await run('ip', ['link', 'add', bridge, 'type', 'bridge', 'stp_state', '0', 'forward_delay', '0']);
  await run('ip', ['address', 'add', `${address}/24`, 'dev', bridge]);
  await run('ip', ['link', 'set', bridge, 'up']);
  let taps = 0;
  const addTap = async (): Promise<string> => {
    const tap = `tap${taps++}`;
    await run('ip', ['tuntap', 'add', tap, 'mode', 'tap']);
    await run('ip', ['link', 'set', tap, 'master', bridge, 'up']);
    return tap;
  };
  return { bridge, address, addTap };
};
