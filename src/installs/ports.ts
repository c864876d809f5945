import type { Machine } from '../fleet/machine.ts';
import type { InstallOrder } from '../fleet/order.ts';
import type { InstallUrls } from './tokens.ts';

export interface AnswerFile {
  name: string;
  contentType: string;
  text: string;
}

/** What an answer says of the appliance. */
export interface AnswerPlace {
  /** `http://ADDRESS:PORT`, without TLS: for callbacks, which small programs make, and installers' files. */
  serverUrl: string;
  urls: InstallUrls;
  /** Where the installer's log goes, UDP; 0: nowhere. */
  logPort: number;
}

/** Renders answers when they are fetched: no secret is read before. */
export interface AnswerMaker {
  answer(order: InstallOrder, machine: Machine, place: AnswerPlace): Promise<AnswerFile[]>;
  /** What the installer runs in the new system at its end. */
  script(order: InstallOrder, machine: Machine, place: AnswerPlace): Promise<AnswerFile>;
}
