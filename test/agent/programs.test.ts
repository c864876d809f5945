import test from 'ava';
import { run } from '../../src/agent/programs.ts';

test('a program’s output is answered, its input given', async (t) => {
  t.is(await run('cat', [], { input: 'ümlaut\n' }), 'ümlaut\n');
});

test('a program that fails, hangs or is not there is named with its last words', async (t) => {
  await t.throwsAsync(run('ls', ['/nowhere']), {
    code: 'STEP_FAILED',
    message: /^ls \/nowhere ended with status 2: .*nowhere/,
  });
  await t.throwsAsync(run('sleep', ['600'], { timeLimitMs: 50 }), {
    code: 'STEP_FAILED',
    message: /^sleep 600 was ended by SIGKILL \(it may take 0\.05 s\)/,
  });
  await t.throwsAsync(run('no-such-program', []), {
    code: 'STEP_FAILED',
    message: /no-such-program cannot be run/,
  });
});
