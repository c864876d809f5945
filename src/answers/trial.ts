import { Drop } from 'liquidjs';
import { GreifError } from '../core/errors.ts';
import type { OsSystem } from '../fleet/profile.ts';
import type { InstallValues } from './install-values.ts';
import { formats, renderOwn } from './render.ts';
import type { AnswerTemplate } from './template.ts';
import type { TemplateFormat } from './template-format.ts';
import { renderUnattend, sampleValues } from './unattend.ts';

/** Which variables there will be is said by profiles; here each name has a text. */
class AnyVariable extends Drop {
  override liquidMethodMissing(): string {
    return 'x';
  }
}

const url = 'http://192.0.2.1/install/x/';

const sampleInstall = (system: OsSystem): InstallValues => ({
  hostName: 'pc-1',
  domain: 'example.org',
  order: sampleValues.order,
  machine: sampleValues.machine,
  system,
  release: '12',
  architecture: 'x64',
  firmware: 'uefi',
  source: { url },
  disk: {
    firmware: 'auto',
    table: 'gpt',
    scheme: 'plain',
    fileSystem: system === 'windows' ? 'ntfs' : system === 'freebsd' ? 'ufs' : 'ext4',
    device: system === 'windows' ? undefined : '/dev/ada0',
  },
  users: system === 'windows' ? [] : [{ name: 'anna', fullName: 'Anna & "Co"', isAdmin: true }],
  rootPasswordHash: system === 'windows' ? undefined : '!',
  packages: [],
  timeZone: 'UTC',
  locale: 'en_US.UTF-8',
  keyboard: { layout: 'us' },
  postInstall: [],
  variables: system === 'windows' ? { domain_join_blob: 'AA==' } : {},
  urls: { answer: url, progress: url, log: { host: '192.0.2.1', port: 514 }, finished: url, script: url },
});

/**
 * Renders a template once for a PC that there is not. Throws TEMPLATE_INVALID. Whether a value fits is known only when there is one: that none of
 * the sample's does is no fault of the template.
 */
export const tryTemplate = (template: AnswerTemplate & { format: TemplateFormat }): void => {
  if (template.format === 'unattend') return void renderUnattend(sampleValues, template);
  const system = (Object.keys(formats) as OsSystem[]).find((name) => formats[name].name === template.format);
  if (system === undefined) throw new GreifError('INTERNAL', `no system has answers of ${template.format}`);
  try {
    renderOwn(sampleInstall(system), template, { variables: new AnyVariable() });
  } catch (error) {
    if (!(error instanceof GreifError) || error.code !== 'ANSWER_VALUE_UNFIT') throw error;
  }
};
