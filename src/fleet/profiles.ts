import { type Clock, isoTime } from '../core/clock.ts';
import { GreifError } from '../core/errors.ts';
import { sha256Hex } from '../core/ids.ts';
import type { Vault } from '../core/vault.ts';
import { openStates } from './order-states.ts';
import type { OrderStore, ProfileStore, SealedProfile } from './ports.ts';
import { type Profile, type ProfileForm, profileSchema, type SavedProfile } from './profile.ts';
import type { Queue } from './queue.ts';

/** Install profiles as the administrator names them. */
export interface ProfileRegistry {
  /** The newest version of each, by name. */
  list(): Promise<SavedProfile[]>;
  /** By `name` (the newest) or `name@version`. Throws PROFILE_NOT_FOUND. */
  find(ref: string): Promise<SavedProfile>;
  /** A new version, or the newest one where it says the same. */
  add(form: ProfileForm, actor: string): Promise<SavedProfile>;
  /** All versions. Throws PROFILE_NOT_FOUND, PROFILE_IN_USE. */
  remove(name: string): Promise<void>;
  /** Encrypts all of them again, by the present key. */
  reseal(): Promise<void>;
}

export const profileRefOf = ({ name, version }: Pick<Profile, 'name' | 'version'>): string =>
  `${name}@${version}`;

const aboutProfile = (profile: Pick<Profile, 'name' | 'version'>): string =>
  `the profile ${profileRefOf(profile)}`;

export const createProfileRegistry = (parts: {
  profiles: ProfileStore;
  orders: Pick<OrderStore, 'list'>;
  vault: Vault;
  queue: Queue;
  clock: Clock;
}): ProfileRegistry => {
  const { profiles, orders, vault, queue, clock } = parts;

  const opened = (row: SealedProfile): SavedProfile => {
    const { addedAt, addedBy } = row;
    const profile = profileSchema.parse(JSON.parse(vault.open(row.sealed, aboutProfile(row))));
    return { ...profile, addedAt, addedBy };
  };

  const find = async (ref: string): Promise<SavedProfile> => {
    const [, name, version] = /^([^@]+)(?:@([1-9]\d{0,8}))?$/.exec(ref) ?? [];
    const row =
      name === undefined
        ? undefined
        : await profiles.get(name, version === undefined ? undefined : Number(version));
    if (row) return opened(row);
    throw new GreifError(
      'PROFILE_NOT_FOUND',
      `there is no profile "${ref}": greif profile list shows them all`,
    );
  };

  return {
    async list() {
      const newest = new Map((await profiles.list()).map((row) => [row.name, row]));
      return [...newest.values()].map(opened);
    },
    find,
    add: (form, actor) =>
      queue(async () => {
        const digest = sha256Hex(JSON.stringify(form));
        const newest = await profiles.get(form.name);
        if (newest?.digest === digest) return opened(newest);
        const profile: Profile = { ...form, version: (newest?.version ?? 0) + 1 };
        const { name, version } = profile;
        const sealed = vault.seal(JSON.stringify(profile), aboutProfile(profile));
        const row = { name, version, digest, sealed, addedAt: isoTime(clock()), addedBy: actor };
        await profiles.add(row);
        return opened(row);
      }),
    remove: (name) =>
      queue(async () => {
        await find(name);
        const open = await orders.list({ kinds: ['install'], states: openStates });
        const user = open.find(
          (order) => order.kind === 'install' && order.options.profile.startsWith(`${name}@`),
        );
        if (user)
          throw new GreifError(
            'PROFILE_IN_USE',
            `${name} cannot be removed: order ${user.id} installs by it`,
          );
        await profiles.remove(name);
      }),
    reseal: () =>
      queue(async () => {
        for (const row of await profiles.list()) {
          const about = aboutProfile(row);
          await profiles.reseal({ ...row, sealed: vault.seal(vault.open(row.sealed, about), about) });
        }
      }),
  };
};
