import { GreifError } from '../core/errors.ts';
import { namedDisk, systemRole } from './disk-rule.ts';
import { frozenValues, type InstallAsked, type InstallPlan, type InstallPlanner } from './install-plan.ts';
import type { Machine } from './machine.ts';
import type { InstallOrder } from './order.ts';
import type { Profile } from './profile.ts';
import { profileRefOf } from './profiles.ts';
import type { Room } from './room.ts';
import type { ScriptRegistry } from './scripts.ts';
import type { VariableDesk } from './variable-desk.ts';

/** What an order needs to know of an installer source. */
export interface ShelvedSource {
  /** What was found on it; `undefined`: it could not be told. */
  system?: string | undefined;
  architecture?: string | undefined;
}

/** Where orders find the sources of installers. */
export interface SourceShelf {
  /** Throws SOURCE_NOT_FOUND. */
  find(name: string): Promise<ShelvedSource>;
}

export interface InstallRequest extends InstallAsked {
  kind: 'install';
  /** Scripts by `name` or `name@version`; without it the machine's, its room's, else the profile's. */
  scripts?: string[] | undefined;
  /** A disk's id, serial number or WWN, or a rule. */
  diskId?: string | undefined;
}

/** Makes the answer once, so that what cannot be rendered is told now and not at night. Throws ANSWER_VALUE_UNFIT, TEMPLATE_NOT_FOUND, … */
export type Rehearsal = (plan: InstallPlan) => Promise<void>;

/** What an install order is filed with. */
export interface InstallTask {
  kind: 'install';
  hostName: string;
  options: InstallOrder['options'];
  /** Sealed by name. */
  secrets: Record<string, string>;
  diskId: string;
}

const assertFits = (profile: Profile, source: ShelvedSource): void => {
  for (const field of ['system', 'architecture'] as const)
    if (source[field] !== undefined && source[field] !== profile[field])
      throw new GreifError(
        'SOURCE_UNFIT',
        `the source ${profile.source} is for ${source[field]}, the profile ${profileRefOf(profile)} for ${profile[field]}: name another source in the profile, or another ${field}`,
      );
};

/** An installer that chose among disks by itself could take the wrong one: without any choice there must be one only. */
const diskOf = (
  machine: Machine,
  asked: string | undefined,
  room: Room | undefined,
  { disk }: Profile,
): string =>
  namedDisk(
    machine,
    asked ?? machine.disks?.[systemRole] ?? room?.disks?.[systemRole] ?? disk.bootDisk ?? 'only',
  );

/** Throws what `InstallPlanner.draft` and the rehearsal do, and SOURCE_NOT_FOUND, SOURCE_UNFIT, SCRIPT_NOT_FOUND, DISK_NOT_FOUND, DISK_AMBIGUOUS. */
export const createInstallTasks = (parts: {
  planner: InstallPlanner;
  variables: Pick<VariableDesk, 'seal'>;
  scripts: Pick<ScriptRegistry, 'resolve'>;
  sources: SourceShelf;
  rehearse: Rehearsal;
}) => {
  const { planner, variables, scripts, sources, rehearse } = parts;
  return async (machine: Machine, request: InstallRequest, room: Room | undefined): Promise<InstallTask> => {
    const drafted = await planner.draft(machine, request);
    const { profile, hostName } = drafted;
    assertFits(profile, await sources.find(profile.source));
    const diskId = diskOf(machine, request.diskId, room, profile);
    await rehearse({ ...drafted, diskId });
    const named = request.scripts ?? machine.scripts ?? room?.scripts ?? profile.scripts ?? [];
    const resolved = await scripts.resolve(named);
    const { shown, secrets } = frozenValues(drafted);
    const { system, release, deadlineMinutes } = profile;
    return {
      kind: 'install',
      hostName,
      diskId,
      options: {
        profile: profileRefOf(profile),
        system,
        release,
        deadlineMinutes,
        variables: shown,
        ...(resolved.length > 0 && { scripts: resolved }),
      },
      secrets: variables.seal(machine.id, secrets),
    };
  };
};

export type InstallTasks = ReturnType<typeof createInstallTasks>;
