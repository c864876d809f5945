import type { Command } from 'commander';
import type { Scrubbing } from '../api/contract/job.ts';
import { followJob } from './follow-job.ts';
import { facts, formatBytes, table } from './format.ts';
import { placeOf } from './place.ts';
import { interruptedStatus, verb } from './session.ts';

const scrubText = ({ chunks, bad }: Scrubbing): string => {
  if (bad.length === 0) return `all is whole: ${chunks} chunks`;
  const rows = bad.map(({ id, repaired, images, reason }) => [
    id,
    repaired ? 'repaired' : 'lost',
    images.join(' '),
    reason,
  ]);
  return `${bad.length} of ${chunks} chunks were bad\n${table(['CHUNK', '', 'IMAGES', 'REASON'], rows)}`;
};

/** `greif store …` */
export const addStoreVerbs = (program: Command): void => {
  const store = program.command('store').description('where images are kept: packs, garbage, disks');
  verb(store.command('status').description('what there is, and how much room'), async ({ client, show }) => {
    const status = await client.getStore();
    show(status, () => {
      const open = status.openPacks > 0 ? ` (${status.openPacks} open)` : '';
      const rows = status.disks.map(({ device, mountPoint, totalBytes, freeBytes, holdsStore }) => [
        mountPoint,
        device,
        formatBytes(totalBytes),
        formatBytes(freeBytes),
        holdsStore ? 'images' : '',
      ]);
      return [
        facts([
          ['folder', status.folder],
          ['images', String(status.images)],
          ['chunks', `${status.chunks} in ${status.packs} packs${open}, ${formatBytes(status.packBytes)}`],
          ['garbage', formatBytes(status.garbageBytes)],
          [
            'free',
            `${formatBytes(status.freeBytes)}, ${formatBytes(status.reserveBytes)} of them in reserve`,
          ],
        ]),
        '',
        rows.length > 0
          ? table(['DISK', 'DEVICE', 'SIZE', 'FREE', ''], rows)
          : 'The disks cannot be listed: a file server may not answer.',
      ].join('\n');
    });
    return 0;
  });
  verb(
    store
      .command('scrub')
      .description(
        'read and hash every chunk, and replace damaged ones by good copies; goes on where it was stopped',
      )
      .option(
        '--repair-from <place...>',
        "other appliances' ports for rooms (http://…), or exports; else those that are mirrored",
      ),
    async (session, options: { repairFrom?: string[] }) => {
      const repairFrom = options.repairFrom?.map(placeOf);
      const body = repairFrom ? { repairFrom } : {};
      const job = await followJob(session, await session.client.scrubStore({ body }));
      const { scrubbing } = job;
      session.show(job, () =>
        scrubbing ? scrubText(scrubbing) : 'stopped: the next one goes on where it was',
      );
      if (!scrubbing) return interruptedStatus;
      return scrubbing.bad.every(({ repaired }) => repaired) ? 0 : 1;
    },
  );
  verb(
    store
      .command('collect')
      .description('remove chunks that no image needs (by itself after "greif image remove")'),
    async ({ client, show }) => {
      const done = await client.collectGarbage();
      show(done, () => {
        if (!done.collected) return 'An import is running: it collects at its end.';
        const damaged = done.damagedPacks.map(
          (pack) => `\nThe pack ${pack} is damaged and was left: greif image verify`,
        );
        return `${formatBytes(Math.max(0, done.freedBytes))} freed: ${done.removedPacks} packs removed, ${done.rewrittenPacks} rewritten${damaged.join('')}`;
      });
      return 0;
    },
  );
};
