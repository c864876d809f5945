import test from 'ava';
import { enterRoom } from './room/enter.ts';

test('curl, atftp, tftp-hpa, busybox and the npm package tftp fetch every byte across a cable; curl by HTTP too', async (t) => {
  t.deepEqual(await enterRoom(t, 'boot-file-clients.ts'), {
    equal: {
      curl: true,
      curlWithoutOptions: true,
      curlLargeBlocks: true,
      atftp: true,
      atftpWindow: true,
      tftpHpa: true,
      busybox: true,
      busyboxLargeBlocks: true,
      npm: true,
      npmLockStep: true,
      curlHttp: true,
      curlHttpRange: true,
    },
    netascii: true,
    // curl: "permission problem" is TFTP's error 2.
    refused: 69,
    warnings: [],
  });
});
