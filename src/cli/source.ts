import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { osSystems } from '../fleet/profile.ts';
import { type InstallerSource, sourceArchitectures } from '../sources/source.ts';
import { followJob } from './follow-job.ts';
import { facts, formatBytes, formatTime, table } from './format.ts';
import { interruptedStatus, type Session, verb } from './session.ts';

interface ImportFlags {
  system?: (typeof osSystems)[number];
  release?: string;
  architecture?: (typeof sourceArchitectures)[number];
  kernel?: string;
  initrd?: string[];
}

const startText = ({ kernel, windows, system }: InstallerSource): string => {
  if (windows) return windows.bootWim;
  if (kernel !== undefined) return kernel;
  return system === 'freebsd' ? 'its own loader' : 'none found: import it again with --kernel and --initrd';
};

const describe = (source: InstallerSource): string =>
  facts([
    ['source', source.name],
    ['system', [source.system ?? 'unknown', source.release].filter(Boolean).join(' ')],
    ['architecture', source.architecture],
    ['kernel', startText(source)],
    ['initrd', source.initrds.join(' ') || undefined],
    ['shim', source.loaders?.shim],
    ['GRUB', source.loaders?.grub],
    ['install.wim', source.windows?.installWim],
    ['label', source.label],
    ['files', `${source.fileCount}, ${formatBytes(source.sizeBytes)}`],
    ['from', `${source.from} (${source.kind})`],
    ['SHA-256', source.digest],
    ['imported', formatTime(source.importedAt)],
  ]);

const sourceTable = (sources: readonly InstallerSource[]): string =>
  sources.length === 0
    ? 'No installer sources yet: greif source import NAME FILE takes one.'
    : table(
        ['SOURCE', 'SYSTEM', 'RELEASE', 'ARCH', 'KIND', 'FILES', 'SIZE', 'IMPORTED'],
        sources.map((source) => [
          source.name,
          source.system ?? 'unknown',
          source.release ?? '',
          source.architecture,
          source.kind,
          String(source.fileCount),
          formatBytes(source.sizeBytes),
          formatTime(source.importedAt),
        ]),
      );

const importSource = async (
  session: Session,
  name: string,
  file: string,
  { system, release, architecture, kernel, initrd }: ImportFlags,
): Promise<number> => {
  const { client, show } = session;
  const told = { system, release, architecture, kernel, initrds: initrd };
  const body = { name, path: resolve(file), told };
  const job = await followJob(session, await client.importSource({ body }));
  if (job.imported === undefined) {
    show(job, () => 'stopped: nothing of it is left');
    return interruptedStatus;
  }
  const source = await client.getSource({ params: { source: name } });
  show(source, () => describe(source));
  return 0;
};

/** `greif source …` */
export const addSourceVerbs = (program: Command): void => {
  const source = program.command('source').description('installer media that PCs install from');
  verb(
    source
      .command('import')
      .description("take in installer media from the appliance's own disk; the same name replaces")
      .argument('<name>')
      .argument('<file>', 'an ISO, a netboot archive (.tar, .tar.gz, .tar.zst) or a folder')
      .addOption(new Option('--system <system>', 'if it is not recognised').choices(osSystems))
      .option('--release <release>', 'of the system: 12, 24.04')
      .addOption(new Option('--architecture <name>', 'if it is not recognised').choices(sourceArchitectures))
      .option('--kernel <path>', 'in the source, if it is not found')
      .option('--initrd <path...>', 'in the source, in their order'),
    importSource,
  );
  verb(source.command('list').description('all installer sources'), async ({ client, show }) => {
    const sources = await client.listSources();
    show(sources, () => sourceTable(sources));
    return 0;
  });
  verb(
    source.command('show').description('an installer source and what starts it').argument('<name>'),
    async ({ client, show }, name: string) => {
      const found = await client.getSource({ params: { source: name } });
      show(found, () => describe(found));
      return 0;
    },
  );
  verb(
    source.command('remove').description('remove an installer source and its files').argument('<name>'),
    async ({ client, show }, name: string) => {
      const removed = await client.removeSource({ params: { source: name } });
      show(removed, () => `${removed.removed} is removed`);
      return 0;
    },
  );
};
