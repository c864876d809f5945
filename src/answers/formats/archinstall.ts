import type { AnswerFormat } from '../format.ts';
import { assertLinuxDisk } from '../linux-disk.ts';
import { shell } from '../syntax.ts';
import { json } from '../syntaxes/data.ts';

/** Arch: archiso runs the script, which makes the disk and starts archinstall with both its files. */
export const archinstall: AnswerFormat = {
  name: 'archinstall',
  syntax: json,
  files: [
    {
      name: 'start.sh',
      contentType: 'text/x-shellscript; charset=utf-8',
      template: 'archinstall-start',
      syntax: shell,
    },
    { name: 'user_configuration.json', contentType: 'application/json', template: 'archinstall' },
    { name: 'user_credentials.json', contentType: 'application/json', template: 'archinstall-credentials' },
  ],
  own: 1,
  facts(values) {
    assertLinuxDisk(values);
    const [language = '', encoding = 'UTF-8'] = values.locale.split('.');
    return {
      configurationUrl: `${values.urls.answer}user_configuration.json`,
      credentialsUrl: `${values.urls.answer}user_credentials.json`,
      language,
      encoding,
      servers: values.source.mirrorUrl === undefined ? [] : [{ url: values.source.mirrorUrl }],
      loader: values.firmware === 'uefi' ? 'Systemd-boot' : 'Grub',
      accounts: values.users.map(({ name, passwordHash, isAdmin, groups }) => ({
        username: name,
        enc_password: passwordHash ?? '!',
        sudo: isAdmin,
        groups: groups ?? [],
      })),
      // What the script of the install needs.
      allPackages: [...new Set([...values.packages, 'curl', 'openssh'])],
    };
  },
  check: (text) => void JSON.parse(text),
};
