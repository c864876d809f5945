// Fast suites: no root, no QEMU needed. The slow ones are in ava.qemu.config.js.
export default {
  files: ['test/**/*.test.ts', '!test/qemu/**'],
  extensions: { ts: 'module' },
  require: ['./test/fast-check-report.ts'],
  concurrency: 2,
  timeout: '2m',
};
