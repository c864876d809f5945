import type { InstallValues } from '../answers/install-values.ts';
import { settingsOf } from '../answers/settings.ts';
import { GreifError } from '../core/errors.ts';
import type { DriverStore } from '../drivers/driver-store.ts';
import type { Machine } from '../fleet/machine.ts';
import type { InstallerSource } from '../sources/source.ts';
import { bootDriversFor } from './boot-drivers.ts';
import type { BootWimStore, ReadyBootWim } from './boot-wim-store.ts';
import { type InstallWay, peFiles } from './install-script.ts';
import type { Medium, MediumStore } from './medium.ts';
import { bootWimUrl } from './routes.ts';
import { shareName } from './smb-config.ts';
import type { SmbServer } from './smb-server.ts';
import { ownFiles } from './start-script.ts';

/** What starts Windows PE on a PC, by wimboot. Addresses are absolute. */
export interface WimbootPlan {
  kind: 'wimboot';
  wimboot: string;
  /** What is of this PC alone comes last: by then all the rest has arrived. */
  files: { name: string; url: string }[];
}

export interface WindowsInstaller {
  /** Makes what all PCs of its kind share. Throws INSTALLER_UNBOOTABLE and what makes of a medium no medium. */
  prepare(source: InstallerSource, machine: Machine, wantedImage: string): Promise<ReadyBootWim>;
  /** Pure. */
  plan(source: InstallerSource, ready: ReadyBootWim, urls: WimbootUrls): WimbootPlan;
  /** What of a PC's own Windows PE gets beside its answer file, from the same place. Throws ANSWER_VALUE_UNFIT, INSTALLER_UNBOOTABLE, UNSUPPORTED. */
  files(values: InstallValues, source: InstallerSource): Promise<PeFile[]>;
}

export interface WimbootUrls {
  wimboot: string;
  /** `http://ADDRESS:PORT` */
  server: string;
  /** Folders with a slash at the end: of the source's files, of the answer's. */
  source: string;
  answer: string;
}

export interface PeFile {
  name: string;
  contentType: string;
  text: string;
}

const fileUrl = (folderUrl: string, filePath: string): string =>
  folderUrl + filePath.split('/').map(encodeURIComponent).join('/');

const unbootable = (message: string): GreifError => new GreifError('INSTALLER_UNBOOTABLE', message);

/** The one that the profile names (`windows_image`), or the only one. Pure. Throws INSTALLER_UNBOOTABLE. */
export const chooseImage = ({ images }: Pick<Medium, 'images'>, wanted: string, source: string): number => {
  const found = wanted === '' && images.length === 1 ? images[0] : images.find(({ name }) => name === wanted);
  if (found) return found.index;
  const all = images.map(({ name }) => `"${name}"`).join(', ');
  throw unbootable(
    `the source ${source} has ${wanted === '' ? `${images.length} systems` : `no system "${wanted}"`}: set the profile's variable windows_image to one of ${all}`,
  );
};

export const createWindowsInstaller = (parts: {
  media: MediumStore;
  bootWims: BootWimStore;
  drivers: Pick<DriverStore, 'list'>;
  /** Where files are shared, if PCs do not fetch them over HTTP. */
  smb?: SmbServer | undefined;
}): WindowsInstaller => {
  const { media, bootWims, drivers, smb } = parts;

  const mediumOf = async (source: InstallerSource): Promise<Medium> => {
    const medium = await media.get(source);
    if (smb || medium.curl !== undefined) return medium;
    throw unbootable(
      `the Windows of the source ${source.name} has no curl, with which Windows PE would fetch it over HTTP: set windows.filesOver to smb`,
    );
  };

  const wayOf = async (values: InstallValues, source: InstallerSource): Promise<InstallWay> => {
    const { url } = values.source;
    if (smb) {
      const name = shareName(source.name);
      const address = new URL(url).hostname;
      await smb.share({ name, folder: await media.unpack(source) }, address);
      return { kind: 'smb', share: `\\\\${address}\\${name}`, ...smb.account };
    }
    const imageIndex = chooseImage(await mediumOf(source), settingsOf(values).windows_image, source.name);
    return { kind: 'http', imageUrl: fileUrl(url, source.windows?.installWim ?? ''), imageIndex };
  };

  return {
    async prepare(source, machine, wantedImage) {
      const medium = await mediumOf(source);
      if (!smb) chooseImage(medium, wantedImage, source.name);
      if (smb) await media.unpack(source);
      return bootWims.get({ medium, drivers: bootDriversFor(await drivers.list(), machine.inventory) });
    },
    plan: ({ windows }, { digest }, urls) => ({
      kind: 'wimboot',
      wimboot: urls.wimboot,
      files: [
        { name: 'BCD', url: fileUrl(urls.source, windows?.bcd ?? '') },
        { name: 'boot.sdi', url: fileUrl(urls.source, windows?.bootSdi ?? '') },
        { name: 'boot.wim', url: bootWimUrl(urls.server, digest) },
        ...[ownFiles.script, ...(smb ? [] : [ownFiles.disk]), ownFiles.answer].map((name) => ({
          name,
          url: fileUrl(urls.answer, name),
        })),
      ],
    }),
    files: async (values, source) =>
      peFiles(values, await wayOf(values, source)).map((file) => ({
        ...file,
        contentType: 'text/plain; charset=us-ascii',
      })),
  };
};
