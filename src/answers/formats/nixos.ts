import type { AnswerFormat } from '../format.ts';
import { assertLinuxDisk } from '../linux-disk.ts';
import { shell } from '../syntax.ts';
import { nix } from '../syntaxes/nix.ts';

/** NixOS has no installer that reads answers: a script, to be run in its live system, and the configuration that it installs. */
export const nixos: AnswerFormat = {
  name: 'nixos',
  syntax: nix,
  files: [
    {
      name: 'start.sh',
      contentType: 'text/x-shellscript; charset=utf-8',
      template: 'nixos-start',
      syntax: shell,
    },
    { name: 'configuration.nix', contentType: 'text/plain; charset=utf-8', template: 'nixos' },
  ],
  own: 1,
  facts(values) {
    assertLinuxDisk(values);
    return {
      configurationUrl: `${values.urls.answer}configuration.nix`,
      loaderDisk: values.disk.device,
      accounts: values.users.map(({ name, fullName, passwordHash, sshKeys, isAdmin, groups }) => ({
        name,
        fullName: fullName ?? '',
        passwordHash: passwordHash ?? '!',
        sshKeys: sshKeys ?? [],
        groups: [...(isAdmin ? ['wheel'] : []), ...(groups ?? [])],
      })),
    };
  },
};
