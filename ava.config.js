// Fast suites: no root, no QEMU needed. The slow ones have their own commands (see test/README.md).
export default {
  files: ['test/**/*.test.ts', '!test/qemu/**'],
  extensions: { ts: 'module' },
  concurrency: 2,
  timeout: '2m',
};
