import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a program to its end with our own terminal, passes signals on, and returns its exit status as a shell would.
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export const runChild = (program, args, options = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', ...options });
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => child.kill(signal);
    // A terminal's Ctrl-C reaches the child by itself; we only must not die before it.
    const stay = () => {};
    process.on('SIGTERM', pass).on('SIGHUP', pass).on('SIGINT', stay);
    const done = () => process.off('SIGTERM', pass).off('SIGHUP', pass).off('SIGINT', stay);
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('close', (status, signal) => {
      done();
      resolve(status ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
