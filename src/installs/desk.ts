import { type Clock, isoTime } from '../core/clock.ts';
import { asGreifError, GreifError } from '../core/errors.ts';
import { sha256Hex } from '../core/ids.ts';
import type { Log } from '../core/log.ts';
import { installFault } from '../fleet/evidence.ts';
import type { InstallOrder } from '../fleet/order.ts';
import type { InstallEvidence } from '../fleet/order-evidence.ts';
import type { OrderState } from '../fleet/order-states.ts';
import type { OrderStore } from '../fleet/ports.ts';
import { stepsTo } from '../fleet/stages.ts';
import type { Admitted, Door, InstallCall } from './door.ts';
import type { InstallStore } from './install.ts';
import type { InstallLogs } from './install-logs.ts';
import type { AnswerFile, AnswerMaker, AnswerPlace } from './ports.ts';
import { readReport } from './report.ts';
import { type InstallUrls, installUrls, newInstallTokens, scriptUrls, tokenHashes } from './tokens.ts';

export interface ServedFile {
  file: AnswerFile;
  /** Call it once the file was sent whole. */
  delivered(): Promise<void>;
}

/** What the boot script and the requests of installers need. All but `issue` throw ANSWER_REFUSED unless the token serves who asks. */
export interface InstallDesk {
  /** Opens the one boot for which the order's answer is served, and gives the answer's token. Throws ORDER_TRANSITION when the order waits for no installer. */
  issue(order: InstallOrder, bootId: string): Promise<string>;
  /** A file of the answer, its first for an empty name; `undefined`: it has none of that name. */
  answer(call: InstallCall, name: string): Promise<ServedFile | undefined>;
  /** What the installer runs in the new system. */
  script(call: InstallCall): Promise<ServedFile>;
  /** A step that the installer took. */
  progress(call: InstallCall, step: string): Promise<void>;
  finished(call: InstallCall): Promise<void>;
  /** Throws BAD_REQUEST for a report that cannot be read, and EVIDENCE_MISMATCH (the order has failed then). */
  report(call: InstallCall, text: string): Promise<void>;
}

/** So many steps come into an order's history; the rest only into its log. */
const mostSteps = 100;

const isOvertaken = (error: unknown): boolean =>
  error instanceof GreifError && error.code === 'ORDER_TRANSITION';

export const createInstallDesk = (parts: {
  installs: InstallStore;
  orders: OrderStore;
  door: Door;
  answers: AnswerMaker;
  logs: InstallLogs;
  /** The MAC of an address, where it is seen. */
  macAt(address: string): string | undefined;
  /** How long an answer is served after the boot script that names it. */
  answerMinutes: number;
  /** Where installers' logs are heard, UDP; 0: nowhere. */
  logPort: number;
  clock: Clock;
  log: Log;
}): InstallDesk => {
  const { installs, orders, door, answers, logs, macAt, answerMinutes, logPort, clock, log } = parts;
  const now = (): string => isoTime(clock());
  const steps = new Map<number, number>();

  const eventOf = ({ found: { install } }: Admitted, cause: string) => ({
    at: now(),
    actor: `installer:${install.machineId}`,
    cause,
    bootId: install.bootId,
  });

  const placeOf = ({ servers }: InstallCall, urls: InstallUrls): AnswerPlace => ({
    serverUrl: servers.serverUrl,
    urls,
    logPort,
  });

  /** Enters one state after the other until `to`; none when it is there or past it. */
  const advance = async (admitted: Admitted, to: OrderState, cause: string): Promise<void> => {
    const { id, state } = admitted.order;
    for (const next of stepsTo('install', state, to))
      await orders
        .transition(id, next, eventOf(admitted, cause), { lastHeardAt: now() })
        .catch((error: unknown) => {
          // Another request of the same installer was first.
          if (!isOvertaken(error)) throw error;
        });
  };

  /** A callback is named by the answer alone: who makes one has it. */
  const closeAnswer = async (admitted: Admitted): Promise<void> => {
    if (await installs.close(admitted.found.install.bootId, now()))
      await orders.note(
        admitted.order.id,
        eventOf(admitted, 'the installer has its answer: it is served no more'),
      );
  };

  /** Binds the boot to who asks. */
  const serve = async (call: InstallCall, admitted: Admitted, file: AnswerFile, name: string) => {
    const { bootId, orderId } = admitted.found.install;
    const { address, secure } = call;
    const bound = await installs.bind(bootId, address);
    // Another address was faster; where the adapter is seen that is the machine's too.
    if (bound !== address && macAt(address) === undefined)
      return door.refuse('stranger', call, admitted.found);
    const delivered = async (): Promise<void> => {
      await installs.delivered(bootId, now());
      await orders.note(
        orderId,
        eventOf(admitted, `${name} was fetched by ${address}${secure ? ' over TLS' : ''}`),
      );
      await advance(admitted, 'installing', 'the installer has fetched its answer');
      log.info(`${name} was fetched`, { orderId, bootId, address });
    };
    return { file, delivered };
  };

  /** What cannot be rendered is told where the administrator looks. */
  const made = async <Made>(admitted: Admitted, making: Promise<Made>): Promise<Made> => {
    try {
      return await making;
    } catch (error) {
      const { code, message } = asGreifError(error);
      const cause = `the answer could not be made: ${code}: ${message}`;
      await orders.note(admitted.order.id, eventOf(admitted, cause));
      throw error;
    }
  };

  const end = async (admitted: Admitted, evidence: InstallEvidence): Promise<void> => {
    const { id } = admitted.order;
    const fault = installFault(admitted.order, admitted.machine, evidence);
    const at = now();
    const patch = { evidence, endedAt: at, lastHeardAt: at };
    if (fault === undefined) {
      const unseen = evidence.bootedFromDiskAt === undefined ? '; its boot from disk was not seen' : '';
      await orders.transition(id, 'completed', eventOf(admitted, `the evidence fits${unseen}`), patch);
      return;
    }
    const reason = { code: 'EVIDENCE_MISMATCH', message: fault };
    const event = eventOf(admitted, `EVIDENCE_MISMATCH: ${fault}`);
    await orders.transition(id, 'failed', event, { ...patch, reason });
    throw new GreifError('EVIDENCE_MISMATCH', `order ${id} failed: ${fault}`);
  };

  return {
    async issue({ id: orderId, machineId, state }, bootId) {
      const tokens = newInstallTokens();
      const at = now();
      const event = { at, actor: 'appliance', cause: 'the installer is booted', bootId };
      if (state === 'filed')
        await orders.transition(orderId, 'claimed', event, { bootId, claimedAt: at, lastHeardAt: at });
      else await orders.note(orderId, { ...event, cause: 'the installer is booted again' }, { bootId });
      const answerUntil = isoTime(clock() + answerMinutes * 60_000);
      await installs.open({ bootId, orderId, machineId, issuedAt: at, answerUntil }, tokenHashes(tokens));
      return tokens.answer;
    },

    async answer(call, name) {
      const admitted = await door.admit(call, 'answer');
      const place = placeOf(call, installUrls(call.token, call.servers));
      const files = await made(admitted, answers.answer(admitted.order, admitted.machine, place));
      const file = name === '' ? files[0] : files.find((one) => one.name === name);
      return file && serve(call, admitted, file, `${file.name} of the answer`);
    },

    async script(call) {
      const admitted = await door.admit(call, 'script');
      const place = placeOf(call, scriptUrls(call.token, call.servers));
      const file = await made(admitted, answers.script(admitted.order, admitted.machine, place));
      return serve(call, admitted, file, 'the install script');
    },

    async progress(call, step) {
      const admitted = await door.admit(call, 'progress');
      const { id } = admitted.order;
      await closeAnswer(admitted);
      await advance(admitted, 'installing', 'the installer works');
      await orders.heard(id, now());
      logs.add(id, `installer: ${step}`);
      const count = (steps.get(id) ?? 0) + 1;
      steps.set(id, count);
      if (count <= mostSteps) await orders.note(id, eventOf(admitted, `installer: ${step}`));
    },

    async finished(call) {
      const admitted = await door.admit(call, 'finished');
      await closeAnswer(admitted);
      await advance(admitted, 'finishing', 'the installer is done');
    },

    async report(call, text) {
      const admitted = await door.admit(call, 'report');
      const reported = readReport(text);
      if (!(await installs.use(sha256Hex(call.token), now())))
        return door.refuse('replay', call, admitted.found);
      await closeAnswer(admitted);
      await advance(admitted, 'verifying', 'the installed system reports');
      const { evidence, bootedFromDiskAt, claimedAt, filedAt } = admitted.order;
      await end(admitted, {
        ...evidence,
        ...reported,
        kind: 'install',
        ...(bootedFromDiskAt !== undefined && { bootedFromDiskAt }),
        durationMs: Math.max(0, clock() - Date.parse(claimedAt ?? filedAt)),
      });
    },
  };
};
