import { execFileSync } from 'node:child_process';

/** Takes files out of the page cache (POSIX_FADV_DONTNEED, by dd) and proves it (fincore): what is read next comes from the disk. */
export const makeCold = (files: readonly string[]): void => {
  execFileSync('sync', files);
  for (const file of files)
    execFileSync('dd', [`if=${file}`, 'of=/dev/null', 'iflag=nocache', 'count=0', 'status=none']);
  const cached = execFileSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', ...files], {
    encoding: 'utf8',
  });
  const bytes = cached.split('\n').reduce((sum, line) => sum + Number(line), 0);
  if (bytes > 1024 * 1024) throw new Error(`${bytes} bytes are still in the page cache`);
};
