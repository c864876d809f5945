import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { GreifError } from '../core/errors.ts';

/** Runs one command of the QEMU Machine Protocol over its socket. Throws STEP_FAILED with QEMU's words. */
export const qmp = async (socketFile: string, command: string, args: object): Promise<void> => {
  const socket = connect(socketFile);
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const answer = async (): Promise<void> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new GreifError('STEP_FAILED', `QEMU closed its socket before it answered ${command}`);
      const { error, ...rest } = JSON.parse(value);
      if (error) throw new GreifError('STEP_FAILED', `QEMU refused ${command}: ${error.desc}`);
      // Events may come in between.
      if ('return' in rest) return;
    }
  };
  try {
    await once(socket, 'connect');
    socket.write(`${JSON.stringify({ execute: 'qmp_capabilities' })}\n`);
    await answer();
    socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    await answer();
  } finally {
    socket.destroy();
  }
};
