import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../core/errors.ts';
import { type TemplateFormat, templateFormats } from './template-format.ts';
import { tryTemplate } from './trial.ts';

const templateAtMost = 256 * 1024;

export interface TemplateEntry {
  name: string;
  format: TemplateFormat;
}

export interface Template extends TemplateEntry {
  text: string;
}

/** The administrator's own answer files with names in them, a file each. */
export interface TemplateStore {
  /** By name. */
  list(): Promise<TemplateEntry[]>;
  /** Throws TEMPLATE_NOT_FOUND. */
  get(name: string): Promise<Template>;
  /** Takes the file in after a trial; one of the same name is replaced. Throws TEMPLATE_INVALID. */
  add(name: string, format: TemplateFormat, file: string): Promise<Template>;
  /** Throws TEMPLATE_NOT_FOUND. */
  remove(name: string): Promise<void>;
}

/** How the file's name ends: that of an imaged PC's `unattend` is XML as it always was. */
const endingOf = (format: TemplateFormat): string => (format === 'unattend' ? 'xml' : format);
const formatOf = (ending: string): TemplateFormat | undefined =>
  templateFormats.find((format) => endingOf(format) === ending);

const textOf = async (file: string): Promise<string> => {
  const bytes = await readFile(file).catch((cause) => {
    throw new GreifError('TEMPLATE_INVALID', `${file} cannot be read on the appliance (${cause.code})`, {
      cause,
    });
  });
  if (bytes.length > templateAtMost)
    throw new GreifError('TEMPLATE_INVALID', `${file} has more than ${templateAtMost} bytes`);
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
};

export const openTemplateStore = async (folder: string): Promise<TemplateStore> => {
  await mkdir(folder, { recursive: true });
  const fileOf = ({ name, format }: TemplateEntry): string =>
    path.join(folder, `${name}.${endingOf(format)}`);

  const list = async (): Promise<TemplateEntry[]> =>
    (await readdir(folder))
      .flatMap((file) => {
        const { name, ext } = path.parse(file);
        const format = formatOf(ext.slice(1));
        return format ? [{ name, format }] : [];
      })
      .sort((one, other) => (one.name < other.name ? -1 : 1));

  const find = async (name: string): Promise<TemplateEntry | undefined> =>
    (await list()).find((entry) => entry.name === name);

  const get = async (name: string): Promise<Template> => {
    const entry = await find(name);
    if (!entry)
      throw new GreifError(
        'TEMPLATE_NOT_FOUND',
        `there is no template "${name}": greif template list shows them all`,
      );
    return { ...entry, text: await readFile(fileOf(entry), 'utf8') };
  };

  return {
    get,
    list,
    async add(name, format, file) {
      const template = { name, format, text: await textOf(file) };
      tryTemplate(template);
      const former = await find(name);
      await writeFile(fileOf(template), template.text, { flush: true });
      if (former && former.format !== format) await rm(fileOf(former));
      return template;
    },
    async remove(name) {
      await rm(fileOf(await get(name)));
    },
  };
};
