import type { Machine } from '../fleet/machine.ts';

/** What templates may name of the PC; what it does not know of itself is an empty text. */
export interface MachineValues {
  name: string;
  room: string;
  serial: string;
  manufacturer: string;
  product: string;
  uuid: string;
  macs: readonly string[];
}

export const machineValues = ({ name, room = '', uuid = '', macs, inventory }: Machine): MachineValues => {
  const { serial = '', manufacturer = '', product = '' } = inventory.smbios;
  return { name, room, serial, manufacturer, product, uuid, macs };
};
