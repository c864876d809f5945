import type { ProfileForm } from './profile.ts';
import { typedValue } from './variables.ts';

interface Fault {
  path: (string | number)[];
  message: string;
}

type Form = Pick<ProfileForm, 'system' | 'variables' | 'disk' | 'users' | 'rootPasswordHash' | 'locale'>;

/** crypt(5): SHA-256 and SHA-512, yescrypt and its GOST sibling, bcrypt. Older methods can be guessed. */
const hashes = [
  /^\$[56]\$(rounds=\d{1,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43,86}$/,
  /^\$g?y\$[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}$/,
  /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/,
];

const passwordFault = (form: Form, hash: string): string | undefined => {
  if (form.system === 'windows')
    return Object.hasOwn(form.variables, hash) && form.variables[hash]?.secret
      ? undefined
      : "Windows reads no hashes: write the name of a variable that is declared with secret: true, and set its value where the PC's values are set";
  return hashes.some((known) => known.test(hash))
    ? undefined
    : 'write a crypt(3) hash, never the password itself: "mkpasswd -m sha-512" (Debian package whois) or "openssl passwd -6" makes one';
};

const passwordFaults = (form: Form): Fault[] => {
  const fields: [Fault['path'], string | undefined][] = [
    [['rootPasswordHash'], form.rootPasswordHash],
    ...form.users.map(({ passwordHash }, index): [Fault['path'], string | undefined] => [
      ['users', index, 'passwordHash'],
      passwordHash,
    ]),
  ];
  return fields.flatMap(([path, hash]) => {
    const message = hash === undefined ? undefined : passwordFault(form, hash);
    return message === undefined ? [] : [{ path, message }];
  });
};

const userFaults = ({ users }: Form): Fault[] =>
  users.flatMap(({ name }, index) =>
    users.findIndex((one) => one.name === name) < index
      ? [{ path: ['users', index, 'name'], message: `there is a user ${name} already: write each once` }]
      : [],
  );

const linuxFileSystems = ['ext4', 'xfs', 'btrfs'];

const fileSystemsOf = (system: Form['system']): string[] => {
  if (system === 'windows') return ['ntfs'];
  if (system === 'freebsd') return ['ufs', 'zfs'];
  return system === 'proxmox' ? [...linuxFileSystems, 'zfs'] : linuxFileSystems;
};

const diskFaults = ({ system, disk }: Form): Fault[] => {
  const { fileSystem, firmware, table, scheme } = disk;
  const known = fileSystemsOf(system);
  const faults: [string, string | false][] = [
    [
      'fileSystem',
      !known.includes(fileSystem) && `${system} is installed on ${known.join(' or ')}: write that`,
    ],
    ['table', firmware === 'uefi' && table === 'mbr' && 'UEFI starts from gpt: write that'],
    [
      'scheme',
      scheme === 'lvm' &&
        !['ext4', 'xfs'].includes(fileSystem) &&
        `lvm is for ext4 and xfs: write plain with ${fileSystem}`,
    ],
  ];
  return faults.flatMap(([field, message]) => (message ? [{ path: ['disk', field], message }] : []));
};

const declarationFaults = ({ variables }: Form): Fault[] =>
  Object.entries(variables).flatMap(([name, { type, secret, default: preset }]) => {
    const path = ['variables', name, 'default'];
    if (preset === undefined) return [];
    if (secret)
      return [{ path, message: 'a secret has no default: leave it out and set it for site, room or PC' }];
    const fits = typedValue(type, preset) === preset;
    return fits ? [] : [{ path, message: `write a value of the type ${type}` }];
  });

/** What is wrong with a profile beyond its single fields, and what to write. Pure. */
export const profileFaults = (form: Form): Fault[] => [
  ...passwordFaults(form),
  ...userFaults(form),
  ...diskFaults(form),
  ...declarationFaults(form),
];
