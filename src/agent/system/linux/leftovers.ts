import type { RootedFiles } from '../../../core/rooted-files.ts';
import { report } from '../report.ts';
import type { LinuxStep } from './linux-step.ts';

interface Leftover {
  folder: string;
  names: RegExp;
}

/** By client: ISC dhclient (Debian, RHEL), NetworkManager, dhcpcd, SUSE's wicked. */
const dhcp: readonly Leftover[] = [
  { folder: 'var/lib/dhcp', names: /\.leases?[~\d]*$/ },
  { folder: 'var/lib/dhclient', names: /\.leases?[~\d]*$/ },
  // Its secret key makes stable addresses and client identifiers.
  { folder: 'var/lib/NetworkManager', names: /\.lease$|^(secret_key|timestamps|seen-bssids)$/ },
  { folder: 'var/lib/dhcpcd', names: /\.lease6?$|^(duid|secret)$/ },
  { folder: 'etc', names: /^dhcpcd\.(duid|secret)$/ },
  { folder: 'var/lib/wicked', names: /^(duid|iaid|lease-.*)\.xml$/ },
];

const remove = async (files: RootedFiles, leftovers: readonly Leftover[]): Promise<string[]> => {
  const removed: string[] = [];
  for (const { folder, names } of leftovers)
    for (const name of (await files.list(folder)).filter((one) => names.test(one))) {
      await files.remove(`${folder}/${name}`);
      removed.push(`/${folder}/${name}`);
    }
  return removed;
};

/** What a DHCP client remembers would let all PCs ask for one address under one identifier. */
export const removeLeases: LinuxStep = async ({ files }) => {
  const removed = await remove(files, dhcp);
  return removed.length > 0
    ? report('dhcp-leases', 'done', `removed ${removed.join(', ')}`)
    : report('dhcp-leases', 'skipped', 'the image has none');
};

const cloudState: readonly Leftover[] = [
  { folder: 'var/lib/cloud', names: /^(instance|instances|data|sem|handlers)$/ },
];
/** Read after every other file of the folder: the last one counts. */
const keepName = 'etc/cloud/cloud.cfg.d/zz-greif.cfg';

/** As `cloud-init clean` does: at its next start it takes the PC for a new instance. It leaves the host name as the order says. */
export const removeCloudInstance: LinuxStep = async ({ files }) => {
  if (!(await files.isFolder('etc/cloud/cloud.cfg.d')))
    return report('cloud-init', 'skipped', 'the image has none');
  await files.write(keepName, 'preserve_hostname: true\n');
  const removed = await remove(files, cloudState);
  return report(
    'cloud-init',
    'done',
    ...(removed.length > 0 ? [`removed ${removed.join(', ')}`] : ['it has never run']),
    'the host name stays that of the order',
  );
};
