import { deviceOf } from '../disk-device.ts';
import type { AnswerFormat } from '../format.ts';
import type { InstallValues } from '../install-values.ts';
import { shell, unfit } from '../syntax.ts';
import { json } from '../syntaxes/data.ts';
import { builtInTemplate, renderTemplate } from '../template.ts';

const inline = (text: string) => ({ source: `data:;base64,${Buffer.from(text).toString('base64')}` });

const unit = (name: string, program: string, condition: string) => ({
  name,
  enabled: true,
  contents: `[Unit]
Description=What Greif does once
ConditionPathExists=${condition}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh ${program}

[Install]
WantedBy=multi-user.target
`,
});

const startScript = (values: InstallValues): string =>
  renderTemplate(shell, builtInTemplate('flatcar-start'), {
    device: deviceOf(values),
    urls: { ...values.urls, log: null },
  });

/** Flatcar, by Ignition 3.3: one file for the system in memory, which writes the disk; one for the installed system. */
export const flatcar: AnswerFormat = {
  name: 'flatcar',
  syntax: json,
  files: [
    { name: 'start.ign', contentType: 'application/vnd.coreos.ignition+json', template: 'flatcar-start-ign' },
    { name: 'config.ign', contentType: 'application/vnd.coreos.ignition+json', template: 'flatcar' },
  ],
  own: 1,
  facts(values) {
    if (values.packages.length > 0)
      throw unfit('packages', 'a package of Flatcar', 'its system is read-only and has none');
    return {
      startFiles: [
        { path: '/opt/greif-start', mode: 0o700, contents: inline(startScript(values)) },
        { path: '/opt/config.ign', mode: 0o600, contents: { source: `${values.urls.answer}config.ign` } },
      ],
      startUnits: [unit('greif-start.service', '/opt/greif-start', '/opt/greif-start')],
      files: [
        { path: '/etc/hostname', mode: 0o644, overwrite: true, contents: inline(`${values.hostName}\n`) },
        {
          path: '/opt/greif-first-start',
          mode: 0o700,
          contents: inline('set -e\nsh /opt/greif-install\nrm /opt/greif-install\n'),
        },
      ],
      links: [
        { path: '/etc/localtime', overwrite: true, target: `../usr/share/zoneinfo/${values.timeZone}` },
      ],
      units: [unit('greif-install.service', '/opt/greif-first-start', '/opt/greif-install')],
      accounts: values.users.map(({ name, fullName, passwordHash, sshKeys, isAdmin, groups }) => ({
        name,
        gecos: fullName ?? '',
        ...(passwordHash !== undefined && { passwordHash }),
        sshAuthorizedKeys: sshKeys ?? [],
        groups: [...(isAdmin ? ['sudo'] : []), ...(groups ?? [])],
      })),
    };
  },
  check: (text) => {
    if (!JSON.parse(text)?.ignition?.version) throw new Error('it names no version of Ignition');
  },
};
