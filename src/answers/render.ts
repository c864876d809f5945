import { type AnswerFile, type AnswerFormat, builtInTemplate } from './format.ts';
import { preseed } from './formats/preseed.ts';
import type { InstallValues, OsSystem } from './install-values.ts';
import { namesOf } from './names.ts';
import { shell, unfit } from './syntax.ts';
import { type AnswerTemplate, renderTemplate, templateInvalid } from './template.ts';

const formats: Partial<Record<OsSystem, AnswerFormat>> = { debian: preseed };

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

const assertFormat = (format: AnswerFormat, template: AnswerTemplate, text: string): void => {
  try {
    format.check?.(text);
  } catch (cause) {
    throw templateInvalid(
      template.name,
      cause instanceof Error ? cause.message.trim() : String(cause),
      cause,
    );
  }
};

/**
 * The answer files for one PC, the installer's own language for it chosen by `values.system`. A template of the administrator's
 * takes the place of the first file's. Throws ANSWER_VALUE_UNFIT, TEMPLATE_INVALID.
 */
export const renderAnswer = (values: InstallValues, template?: AnswerTemplate): AnswerFile[] => {
  const format = formatOf(values.system);
  assertLayout(values);
  const names = { ...namesOf(values), ...format.facts(values) };
  return format.files.map((file, index) => {
    const used = (index === 0 ? template : undefined) ?? builtInTemplate(file.template);
    const text = renderTemplate(format.syntax, used, names);
    if (index === 0) assertFormat(format, used, text);
    return { name: file.name, contentType: file.contentType, text };
  });
};

/**
 * What runs in the installed system at the end of the install, as root: accounts that the installer has no questions for, then the
 * lines of `postInstall`, in which `{{ … }}` is a word of the shell; it ends with the first that fails. Served at `urls.script`.
 */
export const renderInstallScript = (values: InstallValues): AnswerFile => {
  const names = namesOf(values);
  const own = { name: 'postInstall', text: values.postInstall.map((line) => `${line}\n`).join('') };
  return {
    name: 'install.sh',
    contentType: 'text/x-shellscript; charset=utf-8',
    text: renderTemplate(shell, builtInTemplate('install-sh'), names) + renderTemplate(shell, own, names),
  };
};
