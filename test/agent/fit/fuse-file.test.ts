import { readFile } from 'node:fs/promises';
import { withFile } from '../../../src/agent/fit/fuse-file.ts';
import { run } from '../../../src/agent/programs.ts';
import { rootTest } from '../loop-disk.ts';

rootTest('what is lent is a plain file, which df and the like pass over', async (t) => {
  const bytes = Buffer.from('the original volume');
  const content = {
    sizeBytes: bytes.length,
    async read(position: number, into: Buffer) {
      bytes.copy(into, 0, position);
    },
    async write(position: number, more: Buffer) {
      more.copy(bytes, position);
    },
    async sync() {},
  };
  await withFile(content, run, async (file) => {
    t.is(await readFile(file, 'utf8'), 'the original volume');
    t.regex(await run('df', ['--output=size', file]), /^\s*1K-blocks\n\s*0\n$/);
    await run('dd', [`of=${file}`, 'bs=1', 'seek=4', 'conv=notrunc', 'status=none'], { input: 'modified' });
  });
  t.is(bytes.toString(), 'the modified volume');
});
