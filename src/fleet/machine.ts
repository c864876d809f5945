import { z } from 'zod';
import { GreifError } from '../core/errors.ts';
import { diskRolesSchema } from './disk-rule.ts';
import { inventorySchema, macSchema } from './inventory.ts';
import { groupNameSchema, loaderSchema, roomNameSchema } from './room.ts';
import { mostScripts, scriptRefSchema } from './script.ts';

/** RFC 1123 section 2.1: the label that the PC bears as its host name. */
export const hostNameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'small letters, digits and inner hyphens, at most 63');

/** A PC that was seen on the wire and has told what it is made of. */
export const machineSchema = z.object({
  id: z.string(),
  /** Its host name; a new machine is called after its MAC until it is renamed. */
  name: hostNameSchema,
  /** Empty when its last NIC was seen in another PC since. */
  macs: z.array(macSchema),
  uuid: z.string().optional(),
  /** Which disk is which, by role: a disk's id, or a rule. */
  disks: diskRolesSchema.optional(),
  /** The room that it stands in, by name. */
  room: roomNameSchema.optional(),
  /** What starts it, if neither its room's setting nor the site's shall count. */
  loader: loaderSchema.optional(),
  inventory: inventorySchema,
  registeredAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  /** Run after a deploy unless the order says otherwise; without it what its room says. */
  scripts: z.array(scriptRefSchema).max(mostScripts).optional(),
  /** Its groups, whose values it takes; of two that say something the later named counts. */
  groups: z.array(groupNameSchema).max(32).optional(),
  /** Since when it is out of service, its disks wiped: no agent is started on it and no order taken for it. */
  decommissionedAt: z.iso.datetime().optional(),
});

export type Machine = z.infer<typeof machineSchema>;

export const decommissioned = ({ name, decommissionedAt }: Machine): GreifError =>
  new GreifError(
    'MACHINE_DECOMMISSIONED',
    `${name} is out of service since ${decommissionedAt}: greif machine recommission ${name} takes it back`,
  );
