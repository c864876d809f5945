import type { Arch } from '../plan.ts';
import type { DiagnosisCode } from './diagnoses.ts';
import type { Step, StepKind } from './step.ts';

/** What shows a diagnosis. `sign` answers with what was seen, or `undefined`. */
interface Sign {
  code: DiagnosisCode;
  /** The silence in milliseconds that must have passed: without it, the next step may still come. */
  patience?: number;
  sign(steps: readonly Step[]): string | undefined;
}

const seconds = 1000;

const all = (steps: readonly Step[], ...kinds: StepKind[]): Step[] =>
  steps.filter(({ kind }) => kinds.includes(kind));
const last = (steps: readonly Step[], ...kinds: StepKind[]): Step | undefined =>
  steps.findLast(({ kind }) => kinds.includes(kind));
const has = (steps: readonly Step[], ...kinds: StepKind[]): boolean => last(steps, ...kinds) !== undefined;
const after = (steps: readonly Step[], step: Step): Step[] => steps.filter(({ n }) => n > step.n);

const isDiscover = ({ kind, stage }: Step): boolean =>
  kind === 'discover' && stage !== 'system' && stage !== 'agent';
const asked = [
  'tftp-request',
  'script',
  'http-sent',
  'http-aborted',
  'http-not-found',
  'http-failed',
  'plan',
] as const;

/** shim and GRUB look for these and do without. */
const isOptional = (file: string): boolean =>
  /(^|\/)(revocations|shim_certificate|sku|[^/]*\.lst$|grub\.cfg-)|\.(lst|mod)$/.test(file);

const loaderFile = /\.(efi|kpxe|kkpxe|pxe|0)$/i;
const foreignParts: Record<Arch, RegExp> = {
  bios: /\.efi$/i,
  'uefi-ia32': /\.(kpxe|kkpxe|pxe|0)$|x64|amd64|aa64|arm64/i,
  'uefi-x64': /\.(kpxe|kkpxe|pxe|0)$|aa64|arm64|ia32/i,
  'uefi-arm64': /\.(kpxe|kkpxe|pxe|0)$|x64|amd64|ia32/i,
};

const archIn = (steps: readonly Step[]): Arch | undefined =>
  steps.find(({ arch }) => arch !== undefined)?.arch;

const orderFailed: Sign['sign'] = (steps) => {
  const order = last(steps, 'order');
  return order?.order === 'failed' ? order.reason || `order ${order.orderId} failed` : undefined;
};

const cameBack: Sign['sign'] = (steps) => {
  const sent = steps.findLast(({ kind, plan }) => kind === 'plan' && plan === 'local-disk');
  const back = sent && after(steps, sent).find(isDiscover);
  return (
    back &&
    `it asked the network again ${Math.round((back.at - sent.at) / seconds)} s after it was sent to its disk`
  );
};

const booted: Sign['sign'] = (steps) => {
  const plan = last(steps, 'plan');
  const order = last(steps, 'order');
  if (order?.order) return `its order ${order.orderId} is ${order.order}`;
  if (has(steps, 'check-in')) return 'the agent checked in';
  if (plan?.plan !== 'local-disk') return undefined;
  const isUp = after(steps, plan).some(({ stage }) => stage === 'system');
  return isUp
    ? 'it was sent to its own disk, and its system asked for an address'
    : 'it was sent to its own disk';
};

const exhausted: Sign['sign'] = (steps) => {
  const short = last(steps, 'exhausted');
  return short && !has(after(steps, short), 'offer', 'ack')
    ? 'the pool was exhausted when it asked'
    : undefined;
};

const foreignServer: Sign['sign'] = (steps) => {
  const taken = steps.findLast(({ kind, server }) => kind === 'request' && server !== undefined);
  if (!taken || !has(steps, 'offer') || has(after(steps, taken), 'ack', ...asked)) return undefined;
  return `it was offered an address by us and took that of ${taken.server}`;
};

const ignoredProxy: Sign['sign'] = (steps) => {
  const taken = steps.findLast(({ kind, server }) => kind === 'request' && server !== undefined);
  const offered = last(steps, 'proxy-offer');
  if (!taken || !offered || has(steps, 'proxy-request', ...asked)) return undefined;
  return `it was offered ${offered.file} and took ${taken.address ?? 'an address'} from ${taken.server}, then nothing followed`;
};

const noLoader: Sign['sign'] = (steps) => {
  const lacking = last(steps, 'no-loader');
  if (!lacking || has(steps, 'tftp-request', 'script', 'http-sent')) return undefined;
  return lacking.reason || `there is no boot file for ${lacking.arch ?? 'an unknown architecture'}`;
};

const wrongLoader: Sign['sign'] = (steps) => {
  const arch = archIn(steps);
  if (!arch || has(steps, 'check-in')) return undefined;
  const wrong = all(steps, 'tftp-request', 'http-sent').find(
    ({ file = '' }) => loaderFile.test(file) && foreignParts[arch].test(file),
  );
  return wrong && `its firmware is ${arch}, and it fetched ${wrong.file}`;
};

const missingFile: Sign['sign'] = (steps) => {
  const missing = all(steps, 'tftp-not-found', 'http-not-found').findLast(
    ({ file = '' }) => !isOptional(file),
  );
  if (!missing) return undefined;
  const gotOn = after(steps, missing).some(
    ({ kind, file }) => kind.endsWith('-sent') && !isOptional(file ?? ''),
  );
  return gotOn ? undefined : `${missing.file} was asked for and is not there`;
};

const stalled: Sign['sign'] = (steps) => {
  const timedOut = last(steps, 'tftp-timed-out');
  if (!timedOut) return undefined;
  const sentLater = after(steps, timedOut).some(
    ({ kind, file }) => kind === 'tftp-sent' && file === timedOut.file,
  );
  return sentLater ? undefined : `${timedOut.file}: ${timedOut.reason || 'its acknowledgements stopped'}`;
};

const brokenOff: Sign['sign'] = (steps) => {
  const broken = last(steps, 'http-aborted', 'http-failed');
  return broken && !has(after(steps, broken), 'http-sent', 'check-in') ? `${broken.file} was cut` : undefined;
};

/** The loader is the first file that was sent whole; after it somebody other than the firmware should speak. */
const refusedLoader: Sign['sign'] = (steps) => {
  const loader = steps.findLast(
    ({ kind, file = '' }) => /^(tftp|http)-sent$/.test(kind) && /\.efi$/i.test(file),
  );
  const arch = archIn(steps);
  if (!loader || arch === 'bios' || has(steps, 'script', 'plan')) return undefined;
  const followers = after(steps, loader);
  const isAlive = followers.some(
    ({ kind, stage }) =>
      stage === 'ipxe' || stage === 'grub' || kind.startsWith('tftp-') || kind.startsWith('http-'),
  );
  if (isAlive) return undefined;
  const back = followers.find(isDiscover);
  return `${loader.file} was sent whole, then ${back ? 'the firmware asked for a network boot again' : 'nothing followed'}`;
};

const loop: Sign['sign'] = (steps) => {
  const times = new Map<string, number>();
  for (const { kind, file } of steps)
    if (file !== undefined && (kind === 'script' || (kind.endsWith('-sent') && loaderFile.test(file))))
      times.set(file, (times.get(file) ?? 0) + 1);
  const [file, count] = [...times].find(([, number]) => number >= 3) ?? [];
  return file && !has(steps, 'check-in') ? `${file} was fetched ${count} times in this boot` : undefined;
};

/** A boot file was named to this stage, and nobody came for it. */
const notFetched =
  (isScript: boolean): Sign['sign'] =>
  (steps) => {
    const told = steps.findLast(
      ({ kind, file }) =>
        file !== undefined && (kind === 'ack' || kind === 'proxy-ack' || kind === 'proxy-offer'),
    );
    if (!told || (told.kind === 'proxy-offer' && !isScript) || told.file?.startsWith('http:') !== isScript)
      return undefined;
    return has(after(steps, told), ...asked) ? undefined : `${told.file} was named to it and never asked for`;
  };

const offerNotTaken: Sign['sign'] = (steps) => {
  const offered = last(steps, 'offer', 'proxy-offer');
  if (!offered || has(steps, 'request', 'ack', 'proxy-request', ...asked)) return undefined;
  return `${all(steps, 'offer', 'proxy-offer').length} offers, and no request`;
};

const refusedAddress: Sign['sign'] = (steps) => {
  const refusals = all(steps, 'nak');
  const final = refusals.at(-1);
  return final && !has(after(steps, final), 'ack', ...asked)
    ? `refused ${refusals.length} times: ${final.reason || 'the address is not its own'}`
    : undefined;
};

const unanswered: Sign['sign'] = (steps) => {
  const ignored = last(steps, 'ignored');
  return ignored && !has(steps, 'offer', 'ack', 'proxy-offer', ...asked)
    ? ignored.reason || 'no reason is known'
    : undefined;
};

const noAgent: Sign['sign'] = (steps) => {
  const plan = last(steps, 'plan');
  if (!plan || plan.plan === 'local-disk') return undefined;
  const file = after(steps, plan).findLast(({ kind }) => kind.endsWith('-sent'))?.file;
  return file ? `the last file it fetched was ${file}` : 'it got its boot script and no file after that';
};

/** The first that fits is the diagnosis. What is certain comes before what only silence tells. */
export const signs: readonly Sign[] = [
  { code: 'order-failed', sign: orderFailed },
  { code: 'disk-not-bootable', sign: cameBack },
  { code: 'fine', sign: booted },
  { code: 'pool-exhausted', sign: exhausted },
  { code: 'wrong-architecture', sign: noLoader },
  { code: 'boot-file-missing', sign: missingFile },
  { code: 'second-dhcp-server', patience: 5 * seconds, sign: foreignServer },
  { code: 'tftp-stalled', patience: 10 * seconds, sign: stalled },
  { code: 'wrong-architecture', patience: 10 * seconds, sign: wrongLoader },
  { code: 'loader-refused', patience: 10 * seconds, sign: refusedLoader },
  { code: 'loop', sign: loop },
  { code: 'http-stalled', patience: 30 * seconds, sign: brokenOff },
  { code: 'no-proxy-support', patience: 15 * seconds, sign: ignoredProxy },
  { code: 'tftp-blocked', patience: 15 * seconds, sign: notFetched(false) },
  { code: 'http-blocked', patience: 15 * seconds, sign: notFetched(true) },
  { code: 'address-refused', patience: 15 * seconds, sign: refusedAddress },
  { code: 'not-served', patience: 5 * seconds, sign: unanswered },
  { code: 'offer-not-taken', patience: 30 * seconds, sign: offerNotTaken },
  { code: 'agent-never-checked-in', patience: 120 * seconds, sign: noAgent },
];
