import type { Command } from 'commander';
import { type AdminClient, createAdminClient } from '../api/client.ts';
import type { GreifError } from '../core/errors.ts';

/** What a verb has at hand. */
export interface Session {
  client: AdminClient;
  /** Results as JSON, nothing else on standard output. */
  json: boolean;
  /** One result: the JSON value, or the text made for people. */
  show(value: unknown, text: () => string): void;
  /** A remark for people; silent with `--json`. */
  say(text: string): void;
  /** From now on Ctrl-C does not end the process but fires this. */
  onInterrupt(): AbortSignal;
}

/** The exit status of what was stopped by Ctrl-C. */
export const interruptedStatus = 130;

export const defaultUrl = 'http://127.0.0.1:8470';

const openSession = ({ url, json = false }: { url: string; json?: boolean }): Session => ({
  client: createAdminClient(url),
  json,
  show: (value, text) => console.log(json ? JSON.stringify(value, null, 2) : text()),
  say(text) {
    if (!json) console.log(text);
  },
  onInterrupt() {
    const interrupt = new AbortController();
    process.once('SIGINT', () => interrupt.abort());
    return interrupt.signal;
  },
});

/** Gives a verb the options that all have, and runs it in a session. What it returns is the exit status. */
export const verb = <Args extends unknown[]>(
  command: Command,
  run: (session: Session, ...args: Args) => Promise<number | undefined>,
): void => {
  command
    .option('--json', 'print the result as JSON')
    .option('--url <url>', 'address of the appliance', defaultUrl)
    .action(async (...args: unknown[]) => {
      const own = args.slice(0, -1) as Args;
      process.exitCode = (await run(openSession(command.opts()), ...own)) ?? 0;
    });
};

/** One sentence for people, or the API's own error form for programs. */
export const tellFailure = ({ code, message, details }: GreifError, json: boolean): void => {
  if (json) console.log(JSON.stringify({ error: { code, message, details } }, null, 2));
  else console.error(`greif: ${message} (${code})`);
};
