// The end-to-end suites: real firmware in QEMU. They need root and the lab's Debian packages; one PC at a time on two cores.
export default {
  files: ['test/qemu/**/*.test.ts'],
  extensions: { ts: 'module' },
  workerThreads: false,
  concurrency: 2,
  timeout: '30m',
};
