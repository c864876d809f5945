import type { InstallValues } from './install-values.ts';
import { settingsOf } from './settings.ts';

/** The hash of no password: nobody logs in with one. */
const noPassword = '!';

/** What every template may name: the install values, with an empty value where there is none, and the settings. */
export const namesOf = (values: InstallValues) => ({
  ...values,
  domain: values.domain ?? '',
  source: {
    ...values.source,
    mirrorUrl: values.source.mirrorUrl ?? '',
    proxyUrl: values.source.proxyUrl ?? '',
  },
  disk: {
    ...values.disk,
    device: values.disk.device ?? '',
    swapMebibytes: values.disk.swapMebibytes ?? null,
  },
  users: values.users.map((user) => ({
    ...user,
    fullName: user.fullName ?? '',
    passwordHash: user.passwordHash ?? noPassword,
    sshKeys: user.sshKeys ?? [],
    groups: user.groups ?? [],
  })),
  rootPasswordHash: values.rootPasswordHash ?? noPassword,
  keyboard: { ...values.keyboard, variant: values.keyboard.variant ?? '' },
  urls: { ...values.urls, log: values.urls.log ?? null },
  setting: settingsOf(values),
});
