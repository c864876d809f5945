import { bootRoutes } from './boot.ts';
import { channelRoutes } from './channel.ts';
import { dhcpRoutes } from './dhcp.ts';
import { driverRoutes } from './driver.ts';
import { imageRoutes } from './image.ts';
import { jobRoutes } from './job.ts';
import { keyRoutes } from './key.ts';
import { leaseRoutes } from './lease.ts';
import { machineRoutes } from './machine.ts';
import { orderRoutes } from './order.ts';
import { profileRoutes } from './profile.ts';
import { roomRoutes } from './room.ts';
import { scriptRoutes } from './script.ts';
import { sourceRoutes } from './source.ts';
import { storeRoutes } from './store.ts';
import { templateRoutes } from './template.ts';
import { variableRoutes } from './variable.ts';

/** The prefix of every route below. */
export const adminPrefix = '/api/v1';

/** The admin API: every operation, once; one file a resource. */
export const adminRoutes = {
  ...machineRoutes,
  ...roomRoutes,
  ...imageRoutes,
  ...channelRoutes,
  ...jobRoutes,
  ...keyRoutes,
  ...storeRoutes,
  ...orderRoutes,
  ...driverRoutes,
  ...templateRoutes,
  ...scriptRoutes,
  ...sourceRoutes,
  ...profileRoutes,
  ...variableRoutes,
  ...bootRoutes,
  ...leaseRoutes,
  ...dhcpRoutes,
};

export type AdminRoutes = typeof adminRoutes;
