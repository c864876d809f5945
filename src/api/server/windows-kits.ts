import type { TemplateStore } from '../../answers/template-store.ts';
import { renderUnattend, valuesFor } from '../../answers/unattend.ts';
import type { DriverStore } from '../../drivers/driver-store.ts';
import { reasonFor } from '../../drivers/match.ts';
import { sizeOf } from '../../drivers/package.ts';
import type { Machine } from '../../fleet/machine.ts';
import type { DeployOrder } from '../../fleet/order.ts';
import type { Room } from '../../fleet/room.ts';
import type { WindowsKit } from '../../fleet/windows-kit.ts';

type KitOrder = Pick<DeployOrder, 'id' | 'image' | 'hostName' | 'options'>;

/** What Windows gets on one PC: its answer file, its drivers, its commands. */
export interface WindowsKits {
  /** Throws TEMPLATE_NOT_FOUND, TEMPLATE_INVALID. */
  for(machine: Machine, order: KitOrder): Promise<WindowsKit>;
}

export const createWindowsKits = (parts: {
  templates: Pick<TemplateStore, 'get'>;
  drivers: Pick<DriverStore, 'list'>;
  rooms: { list(): Promise<readonly Room[]> };
}): WindowsKits => {
  const { templates, drivers, rooms } = parts;

  /** The order's template, else its room's, else Greif's own. */
  const templateFor = async ({ room }: Machine, { options }: KitOrder) => {
    const ofRoom = room && (await rooms.list()).find(({ name }) => name === room)?.unattend;
    const name = options.unattend ?? ofRoom;
    return name === undefined || name === '' ? undefined : templates.get(name);
  };

  return {
    async for(machine, order) {
      const unattend = renderUnattend(valuesFor(machine, order), await templateFor(machine, order));
      const chosen = (await drivers.list()).flatMap(({ driver, digest }) => {
        const reason = reasonFor(driver, machine.inventory);
        return reason === undefined ? [] : [{ name: driver.name, reason, digest, sizeBytes: sizeOf(driver) }];
      });
      return { unattend, setupCommands: order.options.setupCommands ?? [], drivers: chosen };
    },
  };
};
