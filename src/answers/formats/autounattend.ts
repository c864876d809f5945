import type { User } from '../../fleet/profile.ts';
import type { AnswerFormat } from '../format.ts';
import type { InstallValues } from '../install-values.ts';
import { settingsOf } from '../settings.ts';
import { unfit } from '../syntax.ts';
import { xml } from '../syntaxes/xml.ts';
import { windowsDisk } from '../windows-disk.ts';
import { windowsKeyboard, windowsLocale, windowsTimeZone } from '../windows-locale.ts';
import { checkUnattend } from '../xml-check.ts';

/** RunSynchronousCommand's Path takes no more. */
const pathAtMost = 259;

const scriptFolder = '%SystemRoot%\\Setup\\Scripts';

/** Windows runs SetupComplete.cmd as SYSTEM when Setup is done, before anybody logs in. */
const commandsOf = ({ urls }: InstallValues): string[] => [
  `cmd.exe /c mkdir ${scriptFolder}`,
  `cmd.exe /c curl.exe -fsS --retry 20 --retry-delay 3 --retry-connrefused -o ${scriptFolder}\\SetupComplete.cmd "${urls.script}"`,
];

/** How Setup keeps passwords that shall not stand there in plain text: it hides, it does not protect. */
const hidden = (password: string, element: string): string =>
  Buffer.from(password + element, 'utf16le').toString('base64');

const passwordOf = ({ variables }: InstallValues, owner: string, variable: string | undefined): string => {
  if (variable === undefined)
    throw unfit(`${owner}.passwordHash`, "an account's password", 'without one anybody could log in');
  const password = Object.hasOwn(variables, variable) ? variables[variable] : undefined;
  if (typeof password !== 'string' || password === '')
    throw unfit(
      `${owner}.passwordHash`,
      "an account's password",
      `there is no variable ${variable} with a text`,
    );
  return password;
};

const groupOf = (group: string): string => {
  if (group.includes(';')) throw unfit('users.groups', 'a group of Windows', `${group} holds a semicolon`);
  return group;
};

const accountOf = (values: InstallValues, user: User) => ({
  name: user.name,
  fullName: user.fullName ?? user.name,
  groups: [user.isAdmin ? 'Administrators' : 'Users', ...(user.groups ?? []).map(groupOf)].join(';'),
  password: hidden(passwordOf(values, `users.${user.name}`, user.passwordHash), 'Password'),
});

/** Without an account the first start of 10 and 11 stops at a question; a PC of a domain has the domain's. */
const assertAccounts = ({ users, release }: InstallValues, domainJoinBlob: string): void => {
  if (users.length === 0 && domainJoinBlob === '' && /^1[01]/.test(release))
    throw unfit('users', 'the accounts of Windows', 'there is none, and no domain_join_blob');
};

/** Windows Setup: 10, 11, Server since 2016. */
export const autounattend: AnswerFormat = {
  name: 'autounattend',
  syntax: xml,
  files: [
    { name: 'autounattend.xml', contentType: 'application/xml; charset=utf-8', template: 'autounattend' },
  ],
  facts(values) {
    const setting = settingsOf(values);
    assertAccounts(values, setting.domain_join_blob);
    const commands = commandsOf(values);
    // Between quotes only these mean something to cmd.exe.
    if (/["%]/.test(values.urls.script))
      throw unfit('urls.script', 'a command of Windows Setup', 'it holds a quote or a percent sign');
    if (commands.some((command) => command.length > pathAtMost))
      throw unfit('urls.script', 'a command of Windows Setup', `it is longer than ${pathAtMost} characters`);
    return {
      ...windowsDisk(values),
      commands,
      processor: values.architecture === 'arm64' ? 'arm64' : 'amd64',
      language: windowsLocale(values.locale),
      setupLanguage: setting.ui_language || windowsLocale(values.locale),
      inputLocale: setting.input_locale || windowsKeyboard(values.keyboard),
      windowsTimeZone: windowsTimeZone(values.timeZone),
      accounts: values.users.map((user) => accountOf(values, user)),
      administratorPassword:
        values.rootPasswordHash === undefined
          ? null
          : hidden(passwordOf(values, 'root', values.rootPasswordHash), 'AdministratorPassword'),
    };
  },
  check: checkUnattend,
};
