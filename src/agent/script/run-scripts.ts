import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ClaimedDeploy, ClaimedInstall, ClaimedScript } from '../../api/contract/agent.ts';
import { GreifError } from '../../core/errors.ts';
import { sha256Hex } from '../../core/ids.ts';
import type { Log } from '../../core/log.ts';
import type { ScriptRun } from '../../fleet/order-evidence.ts';
import { type ScriptOptions, scriptOptions, signedScript } from '../../fleet/script.ts';
import type { Manifest, Volume } from '../../image/format/manifest.ts';
import { isSignedBy, type PublicKey } from '../../image/format/signature.ts';
import type { Run } from '../programs.ts';
import { type DiskVolume, withDiskVolumes } from '../system/disk-volumes.ts';
import type { WithMount } from '../system/mount.ts';
import type { StepReport } from '../system/step.ts';
import { findPlaces, inPlace, type Place } from './place.ts';
import { runLimited } from './run-limited.ts';
import { sandboxCommand } from './sandbox.ts';

export interface ScriptTools {
  /** Whose signature under a script counts. */
  publicKey: PublicKey;
  run: Run;
  withMount: WithMount;
  signal: AbortSignal;
  log: Log;
}

export interface ScriptsDone {
  runs: ScriptRun[];
  steps: StepReport[];
  /** Whether a script may have written to the volume. */
  isChanged(volume: Pick<Volume, 'partition'>): boolean;
}

/** Static, so that it runs in a sandbox where there is nothing else. */
const shell = '/usr/bin/busybox';
const outputChars = 32_768;
const memoryBytes = 512 * 1024 * 1024;
/** Of a failed script, in the log that goes with the failure. */
const lastLines = 30;

/** Throws SCRIPT_INVALID for a script that the appliance did not sign. */
const trusted = (script: ClaimedScript, publicKey: PublicKey): ScriptOptions => {
  const isOurs = isSignedBy(publicKey, signedScript(script), script.signature);
  if (!isOurs || sha256Hex(script.text) !== script.digest)
    throw new GreifError(
      'SCRIPT_INVALID',
      `the script ${script.name}@${script.version} is not as the appliance signed it: nothing was written`,
    );
  return scriptOptions(script.text);
};

/** Before the first byte is written: every script is the appliance's own. Throws SCRIPT_INVALID. */
export const checkScripts = (scripts: readonly ClaimedScript[], publicKey: PublicKey): void => {
  for (const script of scripts) trusted(script, publicKey);
};

const thePlace = (places: readonly Place[]): Place => {
  const [place, ...others] = places;
  if (place && others.length === 0) return place;
  const found = place ? `${places.length} systems` : 'no system';
  throw new GreifError('SCRIPT_FAILED', `there is ${found} on the disk that a script could run in`);
};

/** In the Linux itself; beside a Windows, or where the script wants to be. */
const sandboxKind = (place: Place, { runIn }: ScriptOptions): 'root' | 'folder' => {
  if (runIn === 'root' && place.kind !== 'linux')
    throw new GreifError(
      'SCRIPT_FAILED',
      'the script wants to run in a Linux, and the disk holds another system',
    );
  return runIn ?? (place.kind === 'linux' ? 'root' : 'folder');
};

/** An order that brings scripts. */
type Scripted = ClaimedDeploy | ClaimedInstall;

const variablesOf = (claimed: Scripted, kind: 'root' | 'folder'): Record<string, string> => ({
  GREIF_HOST_NAME: claimed.order.hostName,
  GREIF_ROOM: claimed.room ?? '',
  GREIF_ROOT: kind === 'root' ? '/' : '/system',
  GREIF_MACHINE: claimed.machineId,
  ...(claimed.kind === 'deploy'
    ? { GREIF_IMAGE: claimed.order.image }
    : { GREIF_PROFILE: claimed.order.options.profile }),
  GREIF_ORDER: String(claimed.order.id),
});

const describe = ({ outcome, exitStatus, durationMs }: ScriptRun, { timeLimitMs }: ScriptOptions): string => {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  if (outcome === 'timed-out') return `was ended after its time limit of ${timeLimitMs / 1000} s`;
  if (exitStatus === undefined) return `was killed after ${seconds(durationMs)}`;
  return `ended with status ${exitStatus} after ${seconds(durationMs)}`;
};

/** Throws SCRIPT_FAILED unless the script was content with less. */
const judge = (run: ScriptRun, options: ScriptOptions, log: Log): StepReport => {
  const detail = `${run.name}@${run.version} ${describe(run, options)}`;
  const lines = run.output.trimEnd().split('\n').slice(-lastLines);
  for (const line of lines) if (line) log.info(`  ${line}`);
  log.info(`script ${detail}`);
  if (run.outcome === 'done') return { name: 'script', outcome: 'done', detail };
  if (options.warnOnly) return { name: 'script', outcome: 'warning', detail };
  throw new GreifError(
    'SCRIPT_FAILED',
    `the script ${detail}: ${lines.at(-1)?.slice(0, 300) || 'it said nothing'}`,
  );
};

const runOne = async (
  script: ClaimedScript,
  claimed: Scripted,
  place: Place,
  mounted: string,
  tools: ScriptTools,
): Promise<{ run: ScriptRun; step: StepReport }> => {
  const { name, version, digest, text } = script;
  const options = trusted(script, tools.publicKey);
  const kind = sandboxKind(place, options);
  const folder = await mkdtemp(path.join(tmpdir(), 'greif-script-'));
  try {
    const file = path.join(folder, 'script');
    await writeFile(file, text, { mode: 0o755 });
    const sandbox = {
      kind,
      mounted,
      script: file,
      hostName: claimed.order.hostName,
      network: options.network,
      memoryBytes,
      variables: variablesOf(claimed, kind),
    };
    tools.log.info(`running the script ${name}@${version}`);
    const limits = { timeLimitMs: options.timeLimitMs, outputChars, signal: tools.signal };
    const run = { name, version, digest, ...(await runLimited(sandboxCommand(sandbox, shell), limits)) };
    return { run, step: judge(run, options, tools.log) };
  } finally {
    await rm(folder, { recursive: true });
  }
};

const nothing: ScriptsDone = { runs: [], steps: [], isChanged: () => false };

const partitionsOf = (volumes: readonly DiskVolume[], devices: readonly string[]) =>
  volumes.filter(({ device }) => devices.includes(device)).map(({ partition }) => partition);

/** The order's scripts, one after the other, on the system that was just made this PC's own. Throws SCRIPT_FAILED, SCRIPT_INVALID. */
export const runScripts = async (
  disk: string,
  manifest: Pick<Manifest, 'table'>,
  claimed: Scripted,
  tools: ScriptTools,
): Promise<ScriptsDone> =>
  claimed.scripts.length === 0
    ? nothing
    : withDiskVolumes(disk, manifest, tools.run, (volumes) => runAll(volumes, claimed, tools));

const runAll = async (
  volumes: readonly DiskVolume[],
  claimed: Scripted,
  tools: ScriptTools,
): Promise<ScriptsDone> => {
  const place = thePlace(await findPlaces(volumes, tools.withMount));
  return inPlace(place, volumes, tools.withMount, async (mounted, devices) => {
    const runs: ScriptRun[] = [];
    const steps: StepReport[] = [];
    for (const script of claimed.scripts) {
      const { run, step } = await runOne(script, claimed, place, mounted, tools);
      runs.push(run);
      steps.push(step);
    }
    const changed = partitionsOf(volumes, devices);
    return {
      runs,
      steps,
      isChanged: ({ partition }) => partition !== undefined && changed.includes(partition),
    };
  });
};
