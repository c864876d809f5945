import { GreifError } from '../core/errors.ts';
import { identifyMachine } from '../fleet/identify.ts';
import type { Machine } from '../fleet/machine.ts';
import type { MachineStore } from '../fleet/ports.ts';
import { type Database, isUniqueViolation, present } from './database.ts';
import type { MachineRow } from './schema.ts';

const toRow = ({ macs: _macs, ...machine }: Machine): MachineRow => ({
  ...machine,
  uuid: machine.uuid ?? null,
  disks: machine.disks ? JSON.stringify(machine.disks) : null,
  room: machine.room ?? null,
  loader: machine.loader ?? null,
  decommissionedAt: machine.decommissionedAt ?? null,
  scripts: machine.scripts ? JSON.stringify(machine.scripts) : null,
  groups: machine.groups ? JSON.stringify(machine.groups) : null,
  inventory: JSON.stringify(machine.inventory),
});

const toMachine = ({ scripts, disks, groups, ...row }: MachineRow, macs: string[]): Machine =>
  ({
    ...present(row),
    macs,
    ...(scripts !== null && { scripts: JSON.parse(scripts) }),
    ...(groups !== null && { groups: JSON.parse(groups) }),
    ...(disks !== null && { disks: JSON.parse(disks) }),
    inventory: JSON.parse(row.inventory),
  }) as Machine;

const withMacs = async (db: Database, rows: MachineRow[]): Promise<Machine[]> => {
  if (rows.length === 0) return [];
  const all = await db
    .selectFrom('machineMacs')
    .selectAll()
    .where(
      'machineId',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('mac')
    .execute();
  const byMachine = Map.groupBy(all, ({ machineId }) => machineId);
  return rows.map((row) =>
    toMachine(
      row,
      (byMachine.get(row.id) ?? []).map(({ mac }) => mac),
    ),
  );
};

/** Writes the machine's MACs; in their own order, so that two savers wait for each other and never both. */
const saveMacs = async (db: Database, { id, macs }: Machine): Promise<void> => {
  await db.deleteFrom('machineMacs').where('machineId', '=', id).execute();
  if (macs.length === 0) return;
  await db
    .insertInto('machineMacs')
    .values([...new Set(macs)].sort().map((mac) => ({ mac, machineId: id })))
    .onConflict((conflict) =>
      conflict.column('mac').doUpdateSet((eb) => ({ machineId: eb.ref('excluded.machineId') })),
    )
    .execute();
};

const saveMachine = async (db: Database, machine: Machine): Promise<void> => {
  const { id, ...changes } = toRow(machine);
  await db
    .insertInto('machines')
    .values({ id, ...changes })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(changes))
    .execute();
  await saveMacs(db, machine);
};

const nameTaken = (name: string, cause: unknown): GreifError =>
  new GreifError('NAME_TAKEN', `another machine is called ${name} already: choose another name`, { cause });

export const machineStore = (db: Database): MachineStore => ({
  async get(id) {
    const rows = await db.selectFrom('machines').selectAll().where('id', '=', id).execute();
    return (await withMacs(db, rows))[0];
  },
  async identify(identity) {
    const byMac = db
      .selectFrom('machineMacs')
      .select('machineId')
      .where('mac', 'in', ['', ...identity.macs]);
    const rows = await db
      .selectFrom('machines')
      .selectAll()
      .where((eb) => eb.or([eb('id', 'in', byMac), eb('uuid', '=', identity.uuid ?? '')]))
      .execute();
    return identifyMachine(identity, await withMacs(db, rows));
  },
  async list() {
    return withMacs(db, await db.selectFrom('machines').selectAll().orderBy('name').execute());
  },
  async save(machine) {
    try {
      await db.transaction().execute((tx) => saveMachine(tx, machine));
    } catch (error) {
      throw isUniqueViolation(error) ? nameTaken(machine.name, error) : error;
    }
  },
  async remove(id) {
    await db.transaction().execute(async (tx) => {
      await tx.deleteFrom('machines').where('id', '=', id).execute();
      await tx.deleteFrom('variables').where('scope', '=', 'machine').where('owner', '=', id).execute();
    });
  },
});
