import { z } from 'zod';
import { diskRuleSchema, isForRoom } from './disk-rule.ts';
import { profileFaults } from './profile-faults.ts';
import { templateNameSchema } from './room.ts';
import { mostScripts, scriptRefSchema } from './script.ts';
import { declarationSchema, variableNameSchema } from './variables.ts';

export const osSystems = [
  'debian',
  'ubuntu',
  'rhel',
  'fedora',
  'suse-autoyast',
  'suse-agama',
  'windows',
  'freebsd',
  'proxmox',
  'arch',
  'nixos',
  'flatcar',
] as const;
export const osSystemSchema = z.enum(osSystems);

/** Text of one line. */
const line = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, 'one line without control characters');

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Z]/i.test(name);
  } catch {
    return false;
  }
};

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'an address that begins with http:// or https://' })
  .max(1024);

export const diskLayoutSchema = z.strictObject({
  /** `auto`: whatever the PC has. */
  firmware: z.enum(['auto', 'bios', 'uefi']).default('auto'),
  table: z.enum(['gpt', 'mbr']).default('gpt'),
  scheme: z.enum(['plain', 'lvm']).default('plain'),
  fileSystem: z.enum(['ext4', 'xfs', 'btrfs', 'ntfs', 'zfs', 'ufs']),
  /** Without it the installer decides; 0: none. */
  swapMebibytes: z.number().int().nonnegative().max(1_048_576).optional(),
  /** Which disk it goes to, where neither order, machine nor room says so. */
  bootDisk: diskRuleSchema
    .refine(isForRoom, 'a rule for many PCs: only, smallest or largest, with or without a kind, or path:…')
    .optional(),
});

/** A password's place. What it must look like is said by `profileFaults`: it depends on the system. */
const passwordHash = z.string().max(256);

export const userSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, 'letters, digits and inner _ . -, at most 32, no digit first'),
  fullName: line(128).optional(),
  /** As crypt(3) makes it; for Windows the name of a secret variable. Without it nobody can sign in by password. */
  passwordHash: passwordHash.optional(),
  sshKeys: z
    .array(
      z
        .string()
        .max(8192)
        .regex(
          /^(ssh-|ecdsa-|sk-)[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [^\p{Cc}]*)?$/u,
          'a public key as a .pub file has it: "ssh-ed25519 AAAA… comment"',
        ),
    )
    .max(32)
    .optional(),
  isAdmin: z.boolean().default(false),
  groups: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, 'the name of a group'))
    .max(64)
    .optional(),
});

export const profileNameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/, 'small letters, digits and inner . _ -, at most 63');

/** `name` (its newest version) or `name@version`. */
export const profileRefSchema = z.string().min(1).max(80);

/** How a system is installed on many PCs. A version never changes. */
export const profileSchema = z.strictObject({
  name: profileNameSchema,
  version: z.number().int().positive(),
  system: osSystemSchema,
  /** As the installer calls it: `bookworm`, `24.04`, `9`, `11`. */
  release: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/, 'letters, digits, blanks and . _ -'),
  architecture: z.enum(['x64', 'arm64']).default('x64'),
  /** An installer source, by name. */
  source: templateNameSchema,
  /** An answer template of the administrator's; without it the one that Greif has for the system. */
  template: templateNameSchema.optional(),
  variables: z.record(variableNameSchema, declarationSchema).default({}),
  disk: diskLayoutSchema,
  users: z.array(userSchema).max(64).default([]),
  /** As that of a user; without it root has no password. */
  rootPasswordHash: passwordHash.optional(),
  packages: z
    .array(
      z
        .string()
        .max(256)
        .regex(/^[^\s\p{Cc}]+$/u, 'a name without blanks'),
    )
    .max(1024)
    .default([]),
  /** DNS domain of the PC's name. */
  domain: z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, 'as in "cs.example.edu"')
    .optional(),
  timeZone: z.string().max(64).refine(isTimeZone, 'an IANA time zone, as in "Europe/Berlin"').default('UTC'),
  locale: z
    .string()
    .regex(
      /^(C|POSIX|[a-z]{2,3}(_[A-Z]{2})?)(\.[A-Za-z0-9-]{1,16})?(@[a-z]{1,16})?$/,
      'as in "de_DE.UTF-8", for Windows too',
    )
    .default('en_US.UTF-8'),
  keyboard: z
    .strictObject({
      layout: z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'as in "de", for Windows too'),
      variant: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,32}$/, 'as in "nodeadkeys"')
        .optional(),
    })
    .default({ layout: 'us' }),
  /** Where packages come from, instead of the source's own mirror. */
  mirrorUrl: httpUrl.optional(),
  proxyUrl: httpUrl.optional(),
  /** Run by the installer in the new system as root, a line of shell each; for Windows lines of cmd.exe. */
  postInstall: z.array(line(4096)).max(128).default([]),
  /** Post-deploy scripts, where neither order, machine nor room names any. */
  scripts: z.array(scriptRefSchema).max(mostScripts).optional(),
  /** From the claim to the installed system's report. */
  deadlineMinutes: z.number().int().min(5).max(10_080).default(120),
});

/** What an administrator writes: a profile without its version. */
export const profileFormSchema = profileSchema.omit({ version: true }).superRefine((profile, context) => {
  for (const { path, message } of profileFaults(profile)) context.addIssue({ code: 'custom', path, message });
});

/** What people see in the place of what they may not. */
export const hidden = '•••';

/** The profile as people may see it. For Windows the fields hold names of variables, which are no secret. */
export const withoutHashes = <P extends Pick<Profile, 'system' | 'users' | 'rootPasswordHash'>>(
  profile: P,
  instead = hidden,
): P => {
  if (profile.system === 'windows') return profile;
  const { users, rootPasswordHash } = profile;
  return {
    ...profile,
    users: users.map((user) => ({ ...user, ...(user.passwordHash && { passwordHash: instead }) })),
    ...(rootPasswordHash && { rootPasswordHash: instead }),
  };
};

export const savedProfileSchema = profileSchema.extend({ addedAt: z.iso.datetime(), addedBy: z.string() });

export type SavedProfile = z.infer<typeof savedProfileSchema>;
export type OsSystem = z.infer<typeof osSystemSchema>;
export type DiskLayout = z.infer<typeof diskLayoutSchema>;
export type User = z.infer<typeof userSchema>;
export type Profile = z.infer<typeof profileSchema>;
export type ProfileForm = z.infer<typeof profileFormSchema>;

export type { Value } from './variables.ts';
