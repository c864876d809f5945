import type { OsSystem } from '../fleet/profile.ts';
import { type AnswerFile, type AnswerFormat, builtInTemplate } from './format.ts';
import { autoinstall } from './formats/autoinstall.ts';
import { autounattend } from './formats/autounattend.ts';
import { autoyast } from './formats/autoyast.ts';
import { kickstart } from './formats/kickstart.ts';
import { preseed } from './formats/preseed.ts';
import type { InstallValues } from './install-values.ts';
import { namesOf } from './names.ts';
import { shell, unfit } from './syntax.ts';
import { cmd } from './syntaxes/cmd.ts';
import { type AnswerTemplate, checked, renderTemplate } from './template.ts';

const formats: Partial<Record<OsSystem, AnswerFormat>> = {
  debian: preseed,
  ubuntu: autoinstall,
  rhel: kickstart,
  fedora: kickstart,
  'suse-autoyast': autoyast,
  windows: autounattend,
};

const formatOf = (system: OsSystem): AnswerFormat => {
  const format = formats[system];
  if (!format) throw unfit('system', 'an answer file', `there is no format for ${system}`);
  return format;
};

/** No installer can follow these, whatever its syntax. */
const assertLayout = ({ disk, firmware }: InstallValues): void => {
  if (disk.firmware !== 'auto' && disk.firmware !== firmware)
    throw unfit('disk.firmware', disk.firmware, `the PC has started by ${firmware}`);
  if (firmware === 'uefi' && disk.table === 'mbr')
    throw unfit('disk.table', 'mbr', 'a PC that starts by UEFI is installed with gpt');
};

/**
 * The answer files for one PC, the installer's own language for it chosen by `values.system`. A template of the administrator's
 * takes the place of the one file's that says most. Throws ANSWER_VALUE_UNFIT, TEMPLATE_INVALID.
 */
export const renderAnswer = (values: InstallValues, template?: AnswerTemplate): AnswerFile[] => {
  const format = formatOf(values.system);
  assertLayout(values);
  const names = { ...namesOf(values), ...format.facts(values) };
  return format.files.map((file, index) => {
    const isOwn = index === (format.own ?? 0);
    const used = (isOwn ? template : undefined) ?? builtInTemplate(file.template);
    const text = renderTemplate(format.syntax, used, names);
    const good = isOwn && format.check ? checked(used, text, format.check) : text;
    return { name: file.name, contentType: file.contentType, text: good };
  });
};

/** The name of the answer's file that says most. */
export const answerFileName = (system: OsSystem): string => {
  const { files, own = 0 } = formatOf(system);
  return (files[own] ?? files[0]).name;
};

const scripts = {
  sh: { name: 'install.sh', contentType: 'text/x-shellscript; charset=utf-8', syntax: shell },
  cmd: { name: 'SetupComplete.cmd', contentType: 'text/plain; charset=utf-8', syntax: cmd },
};

/**
 * What runs in the installed system at the end of the install, as root or SYSTEM: accounts that the installer has no questions for, then
 * the lines of `postInstall`, in which `{{ … }}` is a word of the shell (an argument of cmd); a POSIX shell ends with the first line that
 * fails. Served at `urls.script`.
 */
export const renderInstallScript = (values: InstallValues): AnswerFile => {
  const kind = values.system === 'windows' ? 'cmd' : 'sh';
  const { name, contentType, syntax } = scripts[kind];
  const frame = builtInTemplate(`install-${kind}`);
  const lines = values.postInstall.map((line) => `${line}\n`).join('');
  const template = { name: 'postInstall', text: frame.text.replace('{{ postInstall }}\n', () => lines) };
  const text = renderTemplate(syntax, template, namesOf(values));
  // cmd.exe loses its labels in files with other line ends.
  return { name, contentType, text: kind === 'cmd' ? text.replaceAll(/\r?\n/g, '\r\n') : text };
};
