import path from 'node:path';
import { openTemplateStore, type TemplateStore } from '../../answers/template-store.ts';
import { type DriverStore, openDriverStore } from '../../drivers/driver-store.ts';
import type { Room } from '../../fleet/room.ts';
import { createWindowsKits, type WindowsKits } from './windows-kits.ts';

/** What Windows gets beside its image. */
export interface WindowsShelf {
  drivers: DriverStore;
  templates: TemplateStore;
  kits: WindowsKits;
}

/** `drivers/` and `templates/` in this folder, which is made if it is not there. */
export const openWindowsShelf = async (
  folder: string,
  rooms: { list(): Promise<readonly Room[]> },
): Promise<WindowsShelf> => {
  const drivers = await openDriverStore(path.join(folder, 'drivers'));
  const templates = await openTemplateStore(path.join(folder, 'templates'));
  return { drivers, templates, kits: createWindowsKits({ drivers, templates, rooms }) };
};
