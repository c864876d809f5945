import type { OsSystem } from '../fleet/profile.ts';
import type { AnswerFile, AnswerFormat } from './format.ts';
import { agama } from './formats/agama.ts';
import { archinstall } from './formats/archinstall.ts';
import { autoinstall } from './formats/autoinstall.ts';
import { autounattend } from './formats/autounattend.ts';
import { autoyast } from './formats/autoyast.ts';
import { bsdinstall } from './formats/bsdinstall.ts';
import { flatcar } from './formats/flatcar.ts';
import { kickstart } from './formats/kickstart.ts';
import { nixos } from './formats/nixos.ts';
import { preseed } from './formats/preseed.ts';
import { proxmox } from './formats/proxmox.ts';
import type { InstallValues } from './install-values.ts';
import { namesOf } from './names.ts';
import { shell, unfit } from './syntax.ts';
import { cmd } from './syntaxes/cmd.ts';
import { type AnswerTemplate, builtInTemplate, checked, ofFormat, renderTemplate } from './template.ts';

export const formats: Readonly<Record<OsSystem, AnswerFormat>> = {
  debian: preseed,
  ubuntu: autoinstall,
  rhel: kickstart,
  fedora: kickstart,
  'suse-autoyast': autoyast,
  'suse-agama': agama,
  windows: autounattend,
  freebsd: bsdinstall,
  proxmox,
  arch: archinstall,
  nixos,
  flatcar,
};

/** No installer can follow these, whatever its syntax. */
const assertLayout = ({ disk, firmware }: InstallValues): void => {
  if (disk.firmware !== 'auto' && disk.firmware !== firmware)
    throw unfit('disk.firmware', disk.firmware, `the PC has started by ${firmware}`);
  if (firmware === 'uefi' && disk.table === 'mbr')
    throw unfit('disk.table', 'mbr', 'a PC that starts by UEFI is installed with gpt');
};

const namesFor = (format: AnswerFormat, values: InstallValues): Record<string, unknown> => {
  assertLayout(values);
  return { ...namesOf(values), ...format.facts(values) };
};

const renderFile = (
  format: AnswerFormat,
  index: number,
  names: Record<string, unknown>,
  own?: AnswerTemplate,
): AnswerFile[] => {
  const file = format.files[index];
  if (!file) return [];
  const isOwn = index === (format.own ?? 0);
  const template = isOwn && own ? ofFormat(own, format.name) : builtInTemplate(file.template);
  const text = renderTemplate(file.syntax ?? format.syntax, template, names);
  if (isOwn && format.check) checked(template, text, format.check);
  return [{ name: file.name, contentType: file.contentType, text }];
};

/**
 * The answer files for one PC, the installer's own language for it chosen by `values.system`. A template of the administrator's
 * takes the place of the one file's that says most. Throws ANSWER_VALUE_UNFIT, TEMPLATE_INVALID.
 */
export const renderAnswer = (values: InstallValues, template?: AnswerTemplate): AnswerFile[] => {
  const format = formats[values.system];
  const names = namesFor(format, values);
  return format.files.flatMap((_, index) => renderFile(format, index, names, template));
};

/** The file of a template of the administrator's alone, with other values for some names. */
export const renderOwn = (
  values: InstallValues,
  template: AnswerTemplate,
  changed: Record<string, unknown>,
): AnswerFile[] => {
  const format = formats[values.system];
  return renderFile(format, format.own ?? 0, { ...namesFor(format, values), ...changed }, template);
};

/** The name of the file that the installer's kernel is told of. */
export const answerFileName = (system: OsSystem): string => formats[system].files[0].name;

const unixScript = { name: 'install.sh', contentType: 'text/x-shellscript; charset=utf-8', syntax: shell };
const linuxScript = { ...unixScript, template: 'install-linux' };
const scripts: Partial<Record<OsSystem, typeof linuxScript>> = {
  freebsd: { ...unixScript, template: 'install-freebsd' },
  windows: {
    name: 'SetupComplete.cmd',
    contentType: 'text/plain; charset=utf-8',
    syntax: cmd,
    template: 'install-windows',
  },
};

/**
 * What runs in the installed system at the end of the install, as root or SYSTEM: accounts that the installer has no questions for, then
 * the lines of `postInstall`, in which `{{ … }}` is a word of the shell (an argument of cmd); a POSIX shell ends with the first line that
 * fails. Served at `urls.script`.
 */
export const renderInstallScript = (values: InstallValues): AnswerFile => {
  const { name, contentType, syntax, template: frameName } = scripts[values.system] ?? linuxScript;
  const frame = builtInTemplate(frameName);
  const lines = values.postInstall.map((line) => `${line}\n`).join('');
  const template = { name: 'postInstall', text: frame.text.replace('{{ postInstall }}\n', () => lines) };
  const text = renderTemplate(syntax, template, namesOf(values));
  // cmd.exe loses its labels in files with other line ends.
  return { name, contentType, text: syntax === cmd ? text.replaceAll(/\r?\n/g, '\r\n') : text };
};
