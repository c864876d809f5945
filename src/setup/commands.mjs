/**
 * What each npm script runs once everything is there, on Node 24.
 * @type {Record<string, { does: string, program?: string, hasHelp?: boolean, options?: string }>}
 */
export const commands = {
  start: { does: 'runs the appliance', program: 'src/main.ts', hasHelp: true },
  test: {
    does: 'type check, lint and all tests, with real firmware in QEMU at the end',
    program: 'src/setup/test-run.ts',
    options: '  --quick       leaves the QEMU suites out\n',
  },
  lab: {
    does: 'a virtual room: PCs are discovered, imaged and boot from their disks',
    program: 'src/lab/main.ts',
    hasHelp: true,
  },
  bench: { does: 'benchmarks against peers: npm run bench -- NAME [--quick]', program: 'test/bench/main.ts' },
  e2e: {
    does: 'long runs against the real services: npm run e2e -- NAME [--quick]',
    program: 'test/e2e/main.ts',
  },
  boot: {
    does: 'prepares boot/, what firmware downloads',
    options: [
      '  --update      takes the present versions of the Debian packages and rewrites boot/boot.lock.json',
      '  --force       builds everything anew',
      '  --mirror URI  the Debian mirror, where this machine’s apt has none\n',
    ].join('\n'),
  },
};

/** @param {string} name */
export const helpText = (name) => {
  const { does, options = '' } = commands[name] ?? { does: '' };
  const script = name === 'start' || name === 'test' ? `npm ${name}` : `npm run ${name}`;
  return `${script}: ${does}.

Installs first what is missing: npm packages, Node 24 (among them), Debian packages (asks before), boot/.
Set-up options, after "--":
  --yes, -y     installs Debian packages without asking; so does CI=true
${options}`;
};
