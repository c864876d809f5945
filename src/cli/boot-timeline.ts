import type { BootDiagnosis, BootStep, BootTrace } from '../api/contract/boot.ts';
import { facts, formatBytes, formatTime, plain } from './format.ts';

type Boot = NonNullable<BootTrace['boot']>;

const headings: Record<BootStep['kind'], string> = {
  discover: 'DHCP DISCOVER',
  offer: 'DHCP OFFER',
  request: 'DHCP REQUEST',
  ack: 'DHCP ACK',
  nak: 'DHCP NAK',
  inform: 'DHCP INFORM',
  decline: 'DHCP DECLINE',
  release: 'DHCP RELEASE',
  exhausted: 'no address left',
  ignored: 'not answered',
  'no-loader': 'no boot file',
  'proxy-offer': 'proxy OFFER',
  'proxy-request': 'REQUEST to 4011',
  'proxy-ack': 'ACK from 4011',
  'tftp-request': 'TFTP asked for',
  'tftp-sent': 'TFTP sent',
  'tftp-aborted': 'TFTP ended by PC',
  'tftp-timed-out': 'TFTP timed out',
  'tftp-not-found': 'TFTP not found',
  'tftp-failed': 'TFTP failed',
  script: 'HTTP script',
  'http-sent': 'HTTP sent',
  'http-aborted': 'HTTP broken off',
  'http-not-found': 'HTTP not found',
  'http-failed': 'HTTP failed',
  plan: 'boot plan',
  'check-in': 'agent checked in',
  order: 'order',
};

const transfer = ({ sizeBytes, ms }: BootStep): string | undefined =>
  sizeBytes === undefined
    ? undefined
    : `${formatBytes(sizeBytes)}${ms === undefined ? '' : ` in ${(ms / 1000).toFixed(1)} s`}`;

const planned: Record<NonNullable<BootStep['plan']>, string> = {
  discover: 'unknown PC: the agent registers it',
  agent: 'the agent',
  install: "its order's installer",
  'local-disk': 'its own disk',
};

const wordsOf = (step: BootStep): (string | undefined)[] => [
  step.arch,
  step.plan && planned[step.plan],
  step.orderId === undefined ? undefined : `order ${step.orderId}`,
  step.order,
  step.server && `from server ${step.server}`,
  step.address,
  step.file,
  transfer(step),
  step.reason,
];

/** `+12.3 s  firmware  TFTP sent         loaders/shimx64.efi, 934 KiB in 0.8 s`. */
export const stepLine = (step: BootStep): string => {
  const time = `+${(step.afterMs / 1000).toFixed(1)} s`.padStart(10);
  const words = wordsOf(step).filter(Boolean).join(', ');
  return plain(
    `${time}  ${(step.stage ?? '').padEnd(8)}  ${headings[step.kind].padEnd(16)}  ${words}`,
  ).trimEnd();
};

/** The step lines after which something is missing get a line that says so. */
export const stepLines = ({ steps, omitted }: Boot): string[] =>
  steps.flatMap((step, index) => {
    const isGap = index > 0 && step.n !== (steps[index - 1]?.n ?? 0) + 1;
    return isGap ? [`            … ${omitted} more …`, stepLine(step)] : [stepLine(step)];
  });

export const bootHeading = ({ mac, machine, id, startedAt, arch, address }: Boot): string =>
  facts([
    ['PC', machine ? `${mac}  ${machine}` : `${mac}  (no machine yet)`],
    ['boot', `${id}, began ${formatTime(startedAt)}`],
    ['firmware', arch],
    ['address', address],
  ]);

export const diagnosisText = ({ code, title, seen, remedy }: BootDiagnosis): string =>
  facts([
    ['diagnosis', `${title} (${code})`],
    ['seen', seen],
    ['what to do', remedy],
  ]);
