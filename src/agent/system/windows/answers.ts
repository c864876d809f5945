import { report } from '../report.ts';
import { driverFolder } from './drivers.ts';
import type { WindowsStep } from './windows-step.ts';

const panther = 'Windows/Panther';
/** Windows Setup looks here first ("Implicit Answer File Search Order"): what the image left would win. */
const before = [`${panther}/Unattend/unattend.xml`, `${panther}/Unattend/autounattend.xml`];

export const giveAnswerFile: WindowsStep = async ({ files, kit }) => {
  await files.makeFolder(panther);
  await files.write(`${panther}/unattend.xml`, kit.unattend.replace(/\r?\n/g, '\r\n'));
  const removed: string[] = [];
  for (const name of before) if (await files.remove(name)) removed.push(`removed ${name}`);
  return report('unattend', 'done', `${panther}/unattend.xml`, ...removed);
};

const scripts = 'Windows/Setup/Scripts';
const own = `${scripts}/SetupComplete.cmd`;
const kept = `${scripts}/SetupComplete.image.cmd`;
const mark = 'rem Greif:';

/** Windows runs SetupComplete.cmd once, as the system, at the end of its setup. Pure. */
const setupCompleteText = (commands: readonly string[], parts: { drivers: boolean; kept: boolean }): string =>
  [
    '@echo off',
    `${mark} made for this PC with its order`,
    ...(parts.drivers
      ? [`pnputil /add-driver "%SystemRoot%\\${driverFolder.split('/')[1]}\\*.inf" /subdirs /install`]
      : []),
    ...(parts.kept ? ['if exist "%~dp0SetupComplete.image.cmd" call "%~dp0SetupComplete.image.cmd"'] : []),
    ...commands,
    '',
  ].join('\r\n');

/** The image's own script is kept beside ours and called. */
export const giveSetupComplete: WindowsStep = async ({ files, kit }) => {
  const there = await files.read(own);
  const isImages = there !== undefined && !there.includes(mark);
  const drivers = kit.drivers.length > 0;
  if (!drivers && kit.setupCommands.length === 0 && (there === undefined || isImages))
    return report('setup-complete', 'skipped', 'there is nothing for it to do');
  await files.makeFolder(scripts);
  if (isImages) await files.copy(own, kept);
  const hasKept = await files.exists(kept);
  await files.write(own, setupCompleteText(kit.setupCommands, { drivers, kept: hasKept }));
  const does = [
    ...(drivers ? ['installs the drivers'] : []),
    ...(hasKept ? ["calls the image's own"] : []),
    ...(kit.setupCommands.length > 0 ? [`${kit.setupCommands.length} commands of the order`] : []),
  ];
  return report('setup-complete', 'done', `${own}: ${does.join(', ') || 'nothing any more'}`);
};
