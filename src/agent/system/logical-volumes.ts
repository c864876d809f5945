import { z } from 'zod';
import type { Extent } from '../../image/disk/extents.ts';
import type { Run } from '../programs.ts';

/** A logical volume of LVM that lies in one piece on one partition, as installers make them. */
export interface LogicalVolume {
  /** Of the physical volume. */
  device: string;
  /** Within it. */
  extent: Extent;
  /** `/dev/mapper/GROUP-NAME` and `/dev/GROUP/NAME`, as fstab(5) and the kernel's command line call it. */
  names: string[];
}

const count = z.coerce.number().int().nonnegative();

/** A line of pvs(8): a run of extents of a physical volume. Sizes in bytes, places in extents. */
const segmentSchema = z.object({
  pv_name: z.string(),
  pe_start: count,
  vg_name: z.string(),
  vg_extent_size: count,
  pvseg_start: count,
  pvseg_size: count,
  lv_name: z.string(),
  lv_attr: z.string(),
  lv_dm_path: z.string(),
  seg_count: z.string(),
  segtype: z.string(),
});
type Segment = z.infer<typeof segmentSchema>;

const reportSchema = z.object({ report: z.array(z.object({ pvseg: z.array(segmentSchema) })) });

/** lvs(8): the first attribute of a volume that is no snapshot, has none, and is no mirror, cache or pool. */
const isInOnePiece = ({ lv_name, lv_attr, seg_count, segtype }: Segment): boolean =>
  lv_name !== '' && lv_attr.startsWith('-') && seg_count === '1' && segtype === 'linear';

/**
 * What LVM says of its physical volumes; nothing is activated and not a byte is written, so that the kernel needs no device mapper. Volumes
 * in several pieces, thin ones, mirrors and the like are left out. Throws STEP_FAILED.
 */
export const readLogicalVolumes = async (devices: readonly string[], run: Run): Promise<LogicalVolume[]> => {
  if (devices.length === 0) return [];
  const only = ['--devices', devices.join(','), '--readonly', '--driverloaded', 'n'];
  const form = ['--segments', '--reportformat', 'json', '--units', 'b', '--nosuffix'];
  const fields = Object.keys(segmentSchema.shape).join(',');
  const output = await run('lvm', ['pvs', ...only, ...form, '--options', fields]);
  return reportSchema
    .parse(JSON.parse(output))
    .report.flatMap(({ pvseg }) => pvseg)
    .filter(isInOnePiece)
    .map((segment) => ({
      device: segment.pv_name,
      extent: {
        firstByte: segment.pe_start + segment.pvseg_start * segment.vg_extent_size,
        sizeBytes: segment.pvseg_size * segment.vg_extent_size,
      },
      names: [segment.lv_dm_path, `/dev/${segment.vg_name}/${segment.lv_name}`],
    }));
};
