import type { TemplateStore } from '../../answers/template-store.ts';
import { type Clock, isoTime } from '../../core/clock.ts';
import type { DriverStore, StoredDriver } from '../../drivers/driver-store.ts';
import { sizeOf } from '../../drivers/package.ts';
import type { DriverSummary, driverRoutes } from '../contract/driver.ts';
import type { templateRoutes } from '../contract/template.ts';
import type { Handlers } from './mount.ts';

const summary = ({ driver }: StoredDriver): DriverSummary => ({
  name: driver.name,
  addedAt: driver.addedAt,
  ...(driver.match && { match: driver.match }),
  sizeBytes: sizeOf(driver),
  fileCount: driver.files.length,
  infCount: driver.infs.length,
  classNames: [...new Set(driver.infs.flatMap(({ className }) => className ?? []))].sort(),
  pciIdCount: new Set(driver.infs.flatMap(({ pciIds }) => pciIds)).size,
});

export const driverHandlers = (drivers: DriverStore, clock: Clock): Handlers<typeof driverRoutes> => ({
  listDrivers: async () => (await drivers.list()).map(summary),
  async getDriver({ params }) {
    const found = await drivers.get(params.driver);
    return { ...summary(found), infs: found.driver.infs };
  },
  addDriver: async ({ body: { name, path: folder, match } }) =>
    summary(await drivers.add({ name, folder, match, at: isoTime(clock()) })),
  async removeDriver({ params }) {
    await drivers.remove(params.driver);
    return { removed: params.driver };
  },
});

export const templateHandlers = (templates: TemplateStore): Handlers<typeof templateRoutes> => ({
  listTemplates: () => templates.list(),
  getTemplate: ({ params }) => templates.get(params.template),
  addTemplate: ({ body: { name, format, path: file } }) => templates.add(name, format, file),
  async removeTemplate({ params }) {
    await templates.remove(params.template);
    return { removed: params.template };
  },
});
