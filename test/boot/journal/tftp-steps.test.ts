import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import test from 'ava';
import { textFile } from '../../../src/boot/boot-folder.ts';
import type { Note } from '../../../src/boot/journal/step.ts';
import { askedStep, refusedStep } from '../../../src/boot/tftp/journal-steps.ts';
import { startTftpServer } from '../../../src/boot/tftp/server.ts';
import { silentLog } from '../../../src/core/log.ts';
import { encodeTftp } from '../../../src/wire/tftp/packet.ts';

const address = '127.0.0.1';

test('a PC that never confirms, and one that stops to: the journal tells them apart', async (t) => {
  t.timeout(60_000);
  const notes: Note[] = [];
  const ended = Promise.withResolvers<void>();
  const server = await startTftpServer({
    address,
    port: 0,
    files: { open: async () => textFile('x'.repeat(5000)) },
    log: silentLog,
    journal: {
      note(step) {
        notes.push(step);
        if (notes.filter(({ kind }) => kind === 'tftp-timed-out').length === 2) ended.resolve();
      },
    },
  });
  t.teardown(() => server.close());
  /** Asks for a file with a time-out of a second, and answers the first packet or none. */
  const ask = async (filename: string, confirms: boolean) => {
    const socket = createSocket('udp4').bind(0, address);
    t.teardown(() => socket.close());
    await once(socket, 'listening');
    const options = new Map([['timeout', '1']]);
    socket.send(encodeTftp({ kind: 'RRQ', filename, mode: 'octet', options }), server.port, address);
    const [, source] = await once(socket, 'message');
    if (confirms) socket.send(encodeTftp({ kind: 'ACK', block: 0 }), source.port, address);
  };
  await Promise.all([ask('loaders/deaf.efi', false), ask('loaders/gone.efi', true)]);
  await ended.promise;
  const reasons = notes
    .filter(({ kind }) => kind === 'tftp-timed-out')
    .map(({ file, reason }) => `${file}: ${reason}`);
  t.deepEqual(reasons.sort(), [
    'loaders/deaf.efi: no acknowledgement ever came',
    'loaders/gone.efi: its acknowledgements stopped',
  ]);
});

test('GRUB puts the MAC into the name of its configuration', (t) => {
  const mac = '52:54:00:00:00:01';
  const file = `/grub/machines/x86_64/${mac}.cfg`;
  t.like(askedStep(file, address), { kind: 'tftp-request', mac, stage: 'grub', file, address });
  t.false('mac' in askedStep('grub/grub.cfg', address));
});

test('a file that is not there, and any other refusal', (t) => {
  const asked = askedStep('x', address);
  t.like(refusedStep(asked, 1, 'x is not there'), { kind: 'tftp-not-found', reason: undefined });
  t.like(refusedStep(asked, 2, 'no way out'), { kind: 'tftp-failed', reason: 'no way out' });
});
