import type { PlanAnswers } from '../../answers/plan-answers.ts';
import type { FleetDesk } from '../../fleet/desk.ts';
import { frozenValues } from '../../fleet/install-plan.ts';
import { withoutHashes } from '../../fleet/profile.ts';
import { profileRefOf } from '../../fleet/profiles.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import type { Handlers } from './mount.ts';

type ProfileRoutes = Pick<
  AdminRoutes,
  'listProfiles' | 'getProfile' | 'addProfile' | 'removeProfile' | 'renderProfile'
>;

export const profileHandlers = (
  { profiles, machines, installs }: Pick<FleetDesk, 'profiles' | 'machines' | 'installs'>,
  answers: Pick<PlanAnswers, 'preview'>,
): Handlers<ProfileRoutes> => ({
  listProfiles: async () => (await profiles.list()).map((one) => withoutHashes(one)),
  getProfile: async ({ params }) => withoutHashes(await profiles.find(params.profile)),
  addProfile: async ({ body }) => withoutHashes(await profiles.add(body, 'admin')),
  async removeProfile({ params }) {
    await profiles.remove(params.profile);
    return { removed: params.profile };
  },
  async renderProfile({ params, body: { machine, ...asked } }) {
    const plan = await installs.draft(await machines.find(machine), { ...asked, profile: params.profile });
    const { shown } = frozenValues(plan);
    return {
      profile: profileRefOf(plan.profile),
      hostName: plan.hostName,
      files: await answers.preview(plan),
      values: Object.entries(shown).map(([name, value]) => ({
        name,
        value,
        from: plan.variables[name]?.from ?? 'profile',
      })),
    };
  },
});
