import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GreifError } from '../core/errors.ts';
import { renderUnattend, sampleValues } from './unattend.ts';

const templateAtMost = 256 * 1024;

export interface Template {
  name: string;
  text: string;
}

/** The administrator's own answer files with names in them, a file each. */
export interface TemplateStore {
  list(): Promise<string[]>;
  /** Throws TEMPLATE_NOT_FOUND. */
  get(name: string): Promise<Template>;
  /** Takes the file in after a trial; one of the same name is replaced. Throws TEMPLATE_INVALID. */
  add(name: string, file: string): Promise<Template>;
  /** Throws TEMPLATE_NOT_FOUND. */
  remove(name: string): Promise<void>;
}

export const openTemplateStore = async (folder: string): Promise<TemplateStore> => {
  await mkdir(folder, { recursive: true });
  const fileOf = (name: string): string => path.join(folder, `${name}.xml`);
  const get = async (name: string): Promise<Template> => {
    const text = await readFile(fileOf(name), 'utf8').catch((cause) => {
      throw new GreifError(
        'TEMPLATE_NOT_FOUND',
        `there is no template "${name}": greif template list shows them all`,
        {
          cause,
        },
      );
    });
    return { name, text };
  };
  return {
    get,
    list: async () =>
      (await readdir(folder))
        .filter((file) => file.endsWith('.xml'))
        .map((file) => file.slice(0, -'.xml'.length))
        .sort(),
    async add(name, file) {
      const bytes = await readFile(file).catch((cause) => {
        throw new GreifError('TEMPLATE_INVALID', `${file} cannot be read on the appliance (${cause.code})`, {
          cause,
        });
      });
      if (bytes.length > templateAtMost)
        throw new GreifError('TEMPLATE_INVALID', `${file} has more than ${templateAtMost} bytes`);
      const template = { name, text: bytes.toString('utf8').replace(/^\uFEFF/, '') };
      renderUnattend(sampleValues, template);
      await writeFile(fileOf(name), template.text, { flush: true });
      return template;
    },
    async remove(name) {
      await get(name);
      await rm(fileOf(name));
    },
  };
};
