import test from 'ava';
import { checkScript, scriptOptions } from '../../src/fleet/script.ts';

test('a script asks for what it needs in its first lines', (t) => {
  t.deepEqual(scriptOptions('#!/bin/sh\necho hello\n'), {
    runIn: undefined,
    network: false,
    timeLimitMs: 300_000,
    warnOnly: false,
  });
  const text =
    '#!/bin/sh\n# greif: network\n#greif:  time-limit 10m \n# greif: warn-only\n# greif: in folder\n';
  t.deepEqual(scriptOptions(text), { runIn: 'folder', network: true, timeLimitMs: 600_000, warnOnly: true });
  t.is(
    scriptOptions(`#!/bin/sh\n${'\n'.repeat(30)}# greif: network\n`).network,
    false,
    'the first lines only',
  );
});

test('what a script cannot ask for, and what is no script, is refused by name', (t) => {
  const check = (text: string) =>
    t.throws(() => checkScript(text), { code: 'SCRIPT_INVALID' })?.message ?? '';
  for (const line of ['netwrok', 'in jail', 'time-limit', 'time-limit 2h', 'time-limit 0s', 'time-limit 61m'])
    t.true(check(`#!/bin/sh\n# greif: ${line}\n`).startsWith(`"${line}" is no option`), line);
  t.regex(check('echo hello\n'), /interpreter/);
  t.regex(check('#!/bin/sh\r\necho\r\n'), /without CR/);
  t.regex(check('#!/bin/sh\n\0'), /zero byte/);
  t.notThrows(() => checkScript('#!/usr/bin/env python3\nprint(1)\n'));
});
