import { z } from 'zod';

const text = z.string().max(256);
const bytes = z.number().int().nonnegative();
export const macSchema = z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);

export const diskSchema = z.object({
  /** The kernel's name in this boot (`/dev/nvme0n1`). It moves between boots: never an identity. */
  path: text,
  /** The stable identity: `wwn:…`, else `serial:…`, else `path:…` (the bus address). */
  id: text,
  wwn: text.optional(),
  /** `path:…`: where it is plugged in, whatever it is; also the `id` of a disk without a serial number. */
  address: text.optional(),
  serial: text.optional(),
  model: text.optional(),
  sizeBytes: bytes,
  logicalSectorBytes: bytes,
  rotational: z.boolean(),
  removable: z.boolean(),
  readOnly: z.boolean(),
  /** `nvme`, `sata`, `usb`, `virtio`, `mmc`, … */
  transport: text,
});

export const nicSchema = z.object({
  name: text,
  mac: macSchema,
  driver: text.optional(),
  linkUp: z.boolean(),
  speedMbps: z.number().int().positive().optional(),
});

const hexDigits = (count: number) => z.string().regex(new RegExp(`^[0-9a-f]{${count}}$`));

/** A device on a PCI bus, in small hex digits. */
export const pciDeviceSchema = z.object({
  vendor: hexDigits(4),
  device: hexDigits(4),
  /** Device, then vendor, as Windows writes it behind `SUBSYS_`. */
  subsystem: hexDigits(8).optional(),
  /** Class, subclass and interface. */
  classCode: hexDigits(6),
});

/** What the agent found in a PC. */
export const inventorySchema = z.object({
  firmware: z.enum(['bios', 'uefi']),
  /** `null`: the firmware has no such thing, or does not say. */
  secureBoot: z.boolean().nullable(),
  smbios: z.object({
    uuid: z.uuid().optional(),
    serial: text.optional(),
    manufacturer: text.optional(),
    product: text.optional(),
  }),
  cpu: z.object({ model: text, cores: z.number().int().positive(), threads: z.number().int().positive() }),
  memoryBytes: bytes,
  disks: z.array(diskSchema).max(256),
  nics: z.array(nicSchema).min(1).max(64),
  /** Not there in what older agents told. */
  pci: z.array(pciDeviceSchema).max(1024).optional(),
});

export type Disk = z.infer<typeof diskSchema>;
export type PciDevice = z.infer<typeof pciDeviceSchema>;
export type Nic = z.infer<typeof nicSchema>;
export type Inventory = z.infer<typeof inventorySchema>;
