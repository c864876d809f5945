import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Source } from '../api/contract/image.ts';
import { addCapture } from './capture.ts';
import { addChannelVerbs } from './channel.ts';
import { followJob } from './follow-job.ts';
import { facts, formatBytes, formatTime, table } from './format.ts';
import { placeOf } from './place.ts';
import { interruptedStatus, type Session, verb } from './session.ts';

/** A path is the caller's, an address stays as it is. */

const importImage = async (
  session: Session,
  first: string,
  second: string | undefined,
  options: { store?: string; trust?: string; index?: number; role?: string },
): Promise<number> => {
  const [name, file] = second === undefined ? [undefined, first] : [first, second];
  const { store, trust, index, role } = options;
  const body = {
    path: resolve(file),
    ...(name !== undefined && { name }),
    ...(store !== undefined && { store: placeOf(store) }),
    ...(trust !== undefined && { trust }),
    ...(index !== undefined && { index }),
    ...(role !== undefined && { role }),
  };
  const job = await followJob(session, await session.client.importImage({ body }));
  session.show(job, () =>
    job.imported === undefined
      ? 'stopped: the same command goes on where it was'
      : `${job.imported}: ${job.newChunks ?? 0} chunks new, ${job.reusedChunks ?? 0} were there already`,
  );
  return job.imported === undefined ? interruptedStatus : 0;
};

const exportImage = async (session: Session, image: string, file: string): Promise<number> => {
  const path = resolve(file);
  const job = await followJob(
    session,
    await session.client.exportImage({ params: { image }, body: { path } }),
  );
  const isDone = job.state === 'done';
  session.show(job, () => (isDone ? `${job.image} is in ${path}` : 'stopped: nothing of it is left'));
  return isDone ? 0 : interruptedStatus;
};

const pullImage = async (
  session: Session,
  image: string,
  options: { from: string; token?: string; trust?: string },
): Promise<number> => {
  const { from, token, trust } = options;
  const body = { image, from, ...(token !== undefined && { token }), ...(trust !== undefined && { trust }) };
  const job = await followJob(session, await session.client.pullImage({ body }));
  const { imported, newChunks = 0, fetchedBytes = 0, reusedChunks = 0 } = job;
  session.show(job, () =>
    imported === undefined
      ? 'stopped: the same command goes on where it was'
      : `${imported}: ${newChunks} chunks fetched (${formatBytes(fetchedBytes)}), ${reusedChunks} were there already`,
  );
  return imported === undefined ? interruptedStatus : 0;
};

const percent = (text: string): number => {
  const number = Number(/^([0-9.]+)%?$/.exec(text)?.[1]);
  if (number > 0 && number <= 100) return number;
  throw new InvalidArgumentError('a sample is a share of all chunks: 5% for example.');
};

const verifyImage = async (
  session: Session,
  image: string,
  options: { sample?: number },
): Promise<number> => {
  const query = options.sample === undefined ? {} : { samplePercent: options.sample };
  const job = await followJob(session, await session.client.verifyImage({ params: { image }, query }));
  const { verification } = job;
  session.show(job, () => {
    if (!verification) return 'stopped';
    const { chunks, bytes, bad, packs } = verification;
    const looked = `${chunks} chunks${job.samplePercent ? ` (a sample of ${job.samplePercent}%)` : ''}, ${formatBytes(bytes)}`;
    const lines = bad.length === 0 ? [`${job.image} is whole: ${looked}`] : [];
    if (bad.length > 0) {
      const rows = bad.map(({ id, volume, reason }) => [id, volume, reason]);
      lines.push(`${job.image}: ${bad.length} of ${chunks} chunks are bad`);
      lines.push(table(['CHUNK', 'VOLUME', 'REASON'], rows));
      lines.push('Import the image again from its file: that replaces the bad chunks.');
    }
    if (packs.length > 0) {
      lines.push('The store has damaged packs:');
      lines.push(
        table(
          ['PACK', 'REASON'],
          packs.map(({ pack, reason }) => [pack, reason]),
        ),
      );
    }
    return lines.join('\n');
  });
  if (!verification) return interruptedStatus;
  return verification.bad.length + verification.packs.length === 0 ? 0 : 1;
};

const sourceText = (source: Source): string =>
  source.kind === 'file'
    ? `${source.file} (${source.format})`
    : `${source.machine.name}, ${source.disk.model ?? 'disk'} ${source.disk.id}`;

/** `greif image …` */
export const addImageVerbs = (program: Command): void => {
  const image = program.command('image').description('disk images in the store');
  verb(
    image
      .command('import')
      .description(
        "import a disk image, or another appliance's export, from a file on the appliance's own disk; repeated, it goes on where it was",
      )
      .usage('[options] [name] <file>')
      .argument(
        '<name>',
        'what to call it: a new content under an old name makes a new version; an export has a name of its own',
      )
      .argument(
        '[file]',
        'raw, qcow2, vmdk, vhdx, a WIM, a root file system as tar, a container image (OCI layout or docker save), optionally in gz, xz or zst; a folder of Clonezilla or FOG; the .caibx of casync; or an export',
      )
      .option(
        '--store <place>',
        'where the chunks of a .caibx are: a folder or an http address (default.castr beside it)',
      )
      .option('--index <number>', 'which system of a WIM', Number)
      .option('--role <role>', 'it is for disks with this role, as data (system unless told)')
      .option('--trust <key>', 'trust this key from now on: that of the appliance which made the export'),
    importImage,
  );
  verb(
    image
      .command('export')
      .description("write an image with all its chunks into one file on the appliance's own disk")
      .argument('<image>', 'name or name@version')
      .argument('<file>', 'a file that is not there yet'),
    exportImage,
  );
  verb(
    image
      .command('pull')
      .description(
        'fetch an image from another appliance, only what is missing here; repeated, it goes on where it was',
      )
      .argument('<image>', 'as it is called there: name@version, or a name or name@channel')
      .requiredOption('--from <url>', "the other appliance's port for rooms: http://10.0.0.1:8080")
      .option('--token <token>', 'its images.mirror.token, if it is not in the configuration here')
      .option('--trust <key>', 'trust this key from now on: what "greif key show" says there'),
    pullImage,
  );
  addCapture(image);
  verb(image.command('list').description('all images, every version'), async ({ client, show }) => {
    const images = await client.listImages();
    show(images, () => {
      if (images.length === 0) return 'No images yet: greif image import NAME FILE takes one.';
      const rows = images.map(({ ref, diskSizeBytes, dataBytes, createdAt }) => [
        ref,
        formatBytes(diskSizeBytes),
        formatBytes(dataBytes),
        formatTime(createdAt),
      ]);
      return table(['IMAGE', 'DISK', 'DATA', 'IMPORTED'], rows);
    });
    return 0;
  });
  verb(
    image
      .command('show')
      .description('an image and its volumes')
      .argument('<image>', 'name, name@version or name@channel'),
    async ({ client, show }, reference: string) => {
      const found = await client.getImage({ params: { image: reference } });
      const { manifest } = found;
      show(found, () =>
        [
          facts([
            ['image', found.ref],
            ['digest', found.digest],
            ['imported', formatTime(found.createdAt)],
            ['from', sourceText(manifest.source)],
            ['after', manifest.parent?.ref],
            [
              'system',
              manifest.os &&
                `${manifest.os.name}${manifest.os.architecture ? ` (${manifest.os.architecture})` : ''}`,
            ],
            ['disk', `${formatBytes(found.diskSizeBytes)}, ${manifest.table.scheme}`],
            ['needs a disk of', formatBytes(found.minimumDiskBytes)],
          ]),
          '',
          table(
            ['VOLUME', 'FILE SYSTEM', 'SIZE', 'CAN SHRINK TO', 'DATA', 'CHUNKS'],
            manifest.volumes.map(({ kind, partition, fileSystem, sizeBytes, dataBytes, chunkCount }) => [
              partition === undefined ? kind : `${kind} ${partition}`,
              fileSystem?.type ?? '',
              formatBytes(sizeBytes),
              fileSystem?.minimumBytes === undefined ? '' : formatBytes(fileSystem.minimumBytes),
              formatBytes(dataBytes),
              String(chunkCount),
            ]),
          ),
        ].join('\n'),
      );
      return 0;
    },
  );
  addChannelVerbs(image);
  verb(
    image
      .command('verify')
      .description('read and hash every chunk of an image')
      .argument('<image>')
      .option('--sample <share>', 'only so many of its chunks, chosen at random: 5%', percent),
    verifyImage,
  );
  verb(
    image
      .command('remove')
      .description('remove an image and the chunks that no other needs')
      .argument('<image>', 'name@version, or a name for all its versions'),
    async ({ client, show }, reference: string) => {
      const removed = await client.removeImage({ params: { image: reference } });
      show(removed, () => `${removed.removed} is removed`);
      return 0;
    },
  );
};
