import type {
  CaptureEvidence,
  DeployEvidence,
  Evidence,
  InstallEvidence,
  RemovalEvidence,
  WipedDisk,
} from '../fleet/order-evidence.ts';
import { formatBytes, formatDuration, plain, table } from './format.ts';

type Facts = readonly (readonly [string, string | undefined])[];

const diskText = ({ id, sizeBytes }: { id: string; sizeBytes: number }): string =>
  `${id}  ${formatBytes(sizeBytes)}`;

const deployFacts = (evidence: DeployEvidence): Facts => [
  ['manifest', evidence.manifestDigest],
  ['disk written', diskText(evidence.disk)],
  ['fetched', formatBytes(evidence.fetchedBytes)],
  ['written', `${formatBytes(evidence.writtenBytes)}, zeros ${formatBytes(evidence.zeroedBytes)}`],
  [
    'already there',
    `${formatBytes(evidence.inPlaceBytes)}, copied on the disk ${formatBytes(evidence.copiedBytes)}`,
  ],
  ['left as it was', `${formatBytes(evidence.unusedBytes)} of unused blocks`],
  ['read back', `${formatBytes(evidence.readBackBytes)} in ${evidence.volumes.length} volumes`],
];

const captureFacts = ({
  image,
  manifestDigest,
  disk,
  chunks,
  readBytes,
  sentBytes,
}: CaptureEvidence): Facts => [
  ['published', image],
  ['manifest', manifestDigest],
  ['disk read', diskText(disk)],
  ['read', `${formatBytes(readBytes)} in ${chunks.read} chunks`],
  ['sent', `${formatBytes(sentBytes)} in ${chunks.sent} chunks; the store knew ${chunks.known}`],
];

const sanitizationNames = { clear: 'Clear', purge: 'Purge' } as const;

/** `discard, then overwrite (NIST SP 800-88: Clear), all of it read back as zeros` */
export const wipeText = ({ attempts, sanitization, readBack }: WipedDisk): string => {
  const tried = attempts.filter(({ outcome }) => outcome !== 'refused').map(({ technique }) => technique);
  const read =
    readBack.scope === 'whole'
      ? 'all of it'
      : `a sample of ${formatBytes(readBack.readBytes)} with both ends`;
  return `${tried.join(', then ')} (NIST SP 800-88: ${sanitizationNames[sanitization]}), ${read} read back as zeros`;
};

const removalFacts = ({ disks, untouched }: RemovalEvidence): Facts => [
  ...disks.flatMap(
    (disk): Facts => [
      ['disk wiped', diskText(disk)],
      ['by', wipeText(disk)],
    ],
  ),
  ...untouched.map((disk) => ['not wiped', diskText(disk)] as const),
];

const installFacts = ({ osRelease, kernel, build, packagesDigest, diskSerial }: InstallEvidence): Facts => [
  ['system', osRelease?.prettyName ?? [osRelease?.id, osRelease?.version].filter(Boolean).join(' ')],
  ['kernel', kernel],
  ['build', build],
  ['packages', packagesDigest],
  ['runs from disk', diskSerial],
];

const factsOf = (evidence: Evidence): Facts => {
  switch (evidence.kind) {
    case 'deploy':
      return deployFacts(evidence);
    case 'capture':
      return captureFacts(evidence);
    case 'removal':
      return removalFacts(evidence);
    case 'install':
      return installFacts(evidence);
  }
};

/** What an order's evidence says, in lines for people. */
export const evidenceFacts = (evidence: Evidence | undefined): Facts =>
  evidence
    ? [
        ...factsOf(evidence),
        ['duration', formatDuration(evidence.durationMs)],
        ['agent', evidence.agentVersion],
      ]
    : [];

/** What was done after the image, a line a step; nothing for orders without steps. */
export const evidenceSteps = (evidence: Evidence | undefined): string[] =>
  evidence && 'steps' in evidence && evidence.steps && evidence.steps.length > 0
    ? [
        '',
        table(
          ['STEP', 'OUTCOME', 'DETAIL'],
          evidence.steps.map(({ name, outcome, detail }) => [name, outcome, detail]),
        ),
      ]
    : [];

/** What the order's scripts said. */
export const scriptOutputs = (evidence: Evidence | undefined): string[] =>
  evidence && 'scripts' in evidence
    ? (evidence.scripts ?? []).flatMap(({ name, version, outcome, exitStatus, output, cut }) => [
        '',
        `--- ${name}@${version}: ${outcome}${exitStatus === undefined ? '' : `, status ${exitStatus}`}`,
        ...output.trimEnd().split('\n').map(plain),
        ...(cut ? ['--- it said more than was kept'] : []),
      ])
    : [];
