import type { PlanAnswers } from '../answers/plan-answers.ts';
import type { InstallPlace } from '../answers/plan-values.ts';
import type { InstallPlanner } from '../fleet/install-plan.ts';
import type { Profile } from '../fleet/profile.ts';
import { sourceUrl } from '../fleet/source-url.ts';
import type { AnswerMaker, AnswerPlace } from './ports.ts';
import { reportUnit } from './report-unit.ts';

/** The proxy at this address of ours, if there is one. */
export type PackageCacheAt = (address: string) => string | undefined;

/** What a plan's answer says of the appliance. Pure. */
export const placeOf = (
  { serverUrl, urls, logPort }: AnswerPlace,
  profile: Profile,
  orderId: number,
  packageCacheAt: PackageCacheAt = () => undefined,
): InstallPlace => ({
  orderId,
  sourceUrl: sourceUrl(serverUrl, profile.source),
  packageCacheUrl: packageCacheAt(new URL(serverUrl).hostname),
  urls: {
    ...urls,
    ...(logPort !== 0 && { log: { host: new URL(serverUrl).hostname, port: logPort } }),
  },
});

/** Answers as the order's profile and its values have them, the secret ones too. */
export const orderAnswers = (
  planner: Pick<InstallPlanner, 'ofOrder'>,
  answers: PlanAnswers,
  packageCacheAt: PackageCacheAt = () => undefined,
): AnswerMaker => ({
  async answer(order, machine, place) {
    const plan = await planner.ofOrder(order, machine);
    return answers.files(plan, placeOf(place, plan.profile, order.id, packageCacheAt));
  },
  async script(order, machine, place) {
    const plan = await planner.ofOrder(order, machine);
    const script = answers.script(plan, placeOf(place, plan.profile, order.id, packageCacheAt));
    return { ...script, text: `${script.text}${reportUnit(plan.profile.system, place.urls.report)}` };
  },
});
