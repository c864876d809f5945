import type { Command } from 'commander';
import type { BootSummary, BootTrace } from '../api/contract/boot.ts';
import { GreifError } from '../core/errors.ts';
import { bootHeading, diagnosisText, stepLines } from './boot-timeline.ts';
import { formatTime, table } from './format.ts';
import { interruptedStatus, type Session, verb } from './session.ts';

const waitSeconds = 5;

const bootTable = (boots: BootSummary[]): string => {
  if (boots.length === 0)
    return 'No boots: none was seen since the journal was begun. greif boot trace MAC says what is known of a PC.';
  const rows = boots.map((boot) => [
    formatTime(boot.startedAt),
    boot.mac,
    boot.machine ?? '',
    boot.arch ?? '',
    boot.address ?? '',
    boot.diagnosis.code,
    boot.id,
  ]);
  return table(['BEGAN', 'MAC', 'MACHINE', 'FIRMWARE', 'ADDRESS', 'DIAGNOSIS', 'BOOT'], rows);
};

const traceText = ({ boot, diagnosis }: BootTrace): string =>
  boot
    ? [bootHeading(boot), '', ...stepLines(boot), '', diagnosisText(diagnosis)].join('\n')
    : diagnosisText(diagnosis);

/** Prints the PC's steps as they come, from boot to boot, until Ctrl-C. */
const follow = async ({ client, json, onInterrupt }: Session, pc: string): Promise<number> => {
  const interrupted = onInterrupt();
  const tell = (trace: BootTrace, text: string[]) => {
    for (const line of json ? [JSON.stringify(trace)] : text) console.log(line);
  };
  let of: string | undefined;
  let after = 0;
  let told = '';
  try {
    for (;;) {
      const query = { after, of, waitSeconds: told === '' ? 0 : waitSeconds };
      const trace = await client.traceBoot(
        { params: { pc, boot: 'latest' }, query },
        { signal: interrupted },
      );
      const { boot, diagnosis } = trace;
      const verdict = `${boot?.id} ${diagnosis.code}`;
      const heading = boot && boot.id !== of ? [bootHeading(boot), ''] : [];
      const steps = boot ? stepLines(boot) : [];
      const news = verdict === told ? [] : [diagnosisText(diagnosis), ''];
      if (steps.length + news.length > 0) tell(trace, [...heading, ...steps, ...news]);
      told = verdict;
      of = boot?.id;
      after = boot?.steps.at(-1)?.n ?? after;
    }
  } catch (error) {
    if (interrupted.aborted) return interruptedStatus;
    throw error;
  }
};

const addTrace = (boot: Command): void =>
  verb(
    boot
      .command('trace')
      .description('why a PC does not boot: its newest boot step by step, and the diagnosis')
      .argument('<pc>', 'MAC address, or id or name of a machine')
      .option('--boot <id>', 'an older boot: greif boot list shows them')
      .option('--watch', 'follow the PC until Ctrl-C; with --json one line a change'),
    async (session, pc: string, { boot = 'latest', watch }: { boot?: string; watch?: boolean }) => {
      if (watch && boot !== 'latest')
        throw new GreifError('BAD_REQUEST', 'an older boot cannot be followed: leave --boot or --watch out');
      if (watch) return follow(session, pc);
      const trace = await session.client.traceBoot({ params: { pc, boot }, query: {} });
      session.show(trace, () => traceText(trace));
      return trace.diagnosis.verdict === 'trouble' ? 1 : 0;
    },
  );

/** `greif boot …` */
export const addBootVerbs = (program: Command): void => {
  const boot = program
    .command('boot')
    .description('the boot journal: what PCs did from power-on to their disk');
  verb(
    boot
      .command('list')
      .description('boots with their diagnoses, newest first')
      .argument('[pc]', 'of this PC only: MAC address, or id or name of a machine')
      .option('--limit <number>', 'at most so many', '20'),
    async ({ client, show }, pc: string | undefined, { limit }: { limit: string }) => {
      const boots = await client.listBoots({ query: { ...(pc !== undefined && { pc }), limit } });
      show(boots, () => bootTable(boots));
      return 0;
    },
  );
  addTrace(boot);
};
