import type { Machine } from '../fleet/machine.ts';
import type { InstallOrder } from '../fleet/order.ts';
import type { InstallUrls } from './tokens.ts';

export interface AnswerFile {
  name: string;
  contentType: string;
  text: string;
}

/** Renders answers when they are fetched: no secret is read before. */
export interface AnswerMaker {
  answer(order: InstallOrder, machine: Machine, urls: InstallUrls): Promise<AnswerFile[]>;
  /** What the installer runs in the new system at its end. */
  script(order: InstallOrder, machine: Machine, urls: InstallUrls): Promise<AnswerFile>;
}
