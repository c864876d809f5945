import { z } from 'zod';
import { dmiMatchSchema, driverNameSchema, driverPackageSchema } from '../../drivers/package.ts';
import { removedSchema } from './named.ts';
import type { Route } from './route.ts';

const folder = z
  .string()
  .max(4096)
  .regex(/^\//, 'an absolute path on the appliance')
  .meta({ description: 'A folder with unpacked drivers' });

export const driverSummarySchema = driverPackageSchema
  .pick({ name: true, addedAt: true, match: true })
  .extend({
    sizeBytes: z.number().int().nonnegative(),
    fileCount: z.number().int().positive(),
    infCount: z.number().int().positive(),
    classNames: z.array(z.string()),
    /** How many different PCI devices it names. */
    pciIdCount: z.number().int().nonnegative(),
  });

export type DriverSummary = z.infer<typeof driverSummarySchema>;

const params = z.object({ driver: driverNameSchema });

export const driverRoutes = {
  listDrivers: {
    method: 'get',
    path: '/drivers',
    summary: 'Driver packages for Windows, by name',
    response: z.array(driverSummarySchema),
  },
  getDriver: {
    method: 'get',
    path: '/drivers/:driver',
    summary: 'A driver package with its .inf files and the devices they are for',
    params,
    response: driverSummarySchema.extend({ infs: driverPackageSchema.shape.infs }),
  },
  addDriver: {
    method: 'post',
    path: '/drivers',
    summary: "Take in a folder of drivers from the appliance's own disk; one of the same name is replaced",
    body: z.strictObject({ name: driverNameSchema, path: folder, match: dmiMatchSchema.optional() }),
    response: driverSummarySchema,
  },
  removeDriver: {
    method: 'delete',
    path: '/drivers/:driver',
    summary: 'Remove a driver package',
    params,
    response: removedSchema,
  },
} as const satisfies Record<string, Route>;
