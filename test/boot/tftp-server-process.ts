import { bootFolder } from '../../src/boot/boot-folder.ts';
import { startTftpServer } from '../../src/boot/tftp/server.ts';
import { silentLog } from '../../src/core/log.ts';

/** A process of its own: a TFTP server for the folder that it is given. Tells its port to its parent. */
const files = bootFolder(process.argv[2] ?? '');
const { port } = await startTftpServer({ address: '127.0.0.1', port: 0, files, log: silentLog });
process.send?.(port);
process.once('disconnect', () => process.exit());
