import { type InstallPlan, withoutSecrets } from '../fleet/install-plan.ts';
import { sourceUrl } from '../fleet/source-url.ts';
import type { AnswerFile } from './format.ts';
import { type InstallPlace, planValues } from './plan-values.ts';
import { renderAnswer, renderInstallScript } from './render.ts';
import type { AnswerTemplate } from './template.ts';

/** Answer files of plans. */
export interface PlanAnswers {
  /** What the installer fetches. Throws ANSWER_VALUE_UNFIT, TEMPLATE_INVALID, TEMPLATE_NOT_FOUND, DISK_AMBIGUOUS. */
  files(plan: InstallPlan, place: InstallPlace): Promise<AnswerFile[]>;
  /** What it runs in the new system. Throws ANSWER_VALUE_UNFIT, TEMPLATE_INVALID. */
  script(plan: InstallPlan, place: InstallPlace): AnswerFile;
  /** Throws what `files` and `script` would. */
  rehearse(plan: InstallPlan): Promise<void>;
  /** All of it with sample addresses, and stars for secrets and hashes of passwords, once it is certain that the real values can be rendered. */
  preview(plan: InstallPlan): Promise<AnswerFile[]>;
}

/** Addresses as long as real ones (RFC 5737: never anybody's). */
const samplePlace = ({ profile }: InstallPlan): InstallPlace => {
  const server = 'http://192.0.2.1:8080';
  const base = `${server}/install/${'TOKEN'.padEnd(43, '-')}`;
  return {
    orderId: 0,
    sourceUrl: sourceUrl(server, profile.source),
    urls: {
      answer: `${base}/`,
      progress: `${base}/progress`,
      log: { host: '192.0.2.1', port: 5514 },
      finished: `${base}/finished`,
      script: `${base}/script`,
    },
  };
};

export const createPlanAnswers = (templates: {
  /** Throws TEMPLATE_NOT_FOUND. */
  get(name: string): Promise<AnswerTemplate>;
}): PlanAnswers => {
  const files: PlanAnswers['files'] = async (plan, place) => {
    const { template } = plan.profile;
    const own = template === undefined ? undefined : await templates.get(template);
    return renderAnswer(planValues(plan, place), own);
  };
  const script: PlanAnswers['script'] = (plan, place) => renderInstallScript(planValues(plan, place));
  const all = async (plan: InstallPlan): Promise<AnswerFile[]> => {
    const place = samplePlace(plan);
    return [...(await files(plan, place)), script(plan, place)];
  };
  return {
    files,
    script,
    rehearse: async (plan) => void (await all(plan)),
    async preview(plan) {
      await all(plan);
      return all(withoutSecrets(plan));
    },
  };
};
