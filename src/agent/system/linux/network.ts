import type { RootedFiles } from '../../../core/rooted-files.ts';
import { report } from '../report.ts';
import type { StepReport } from '../step.ts';
import type { LinuxStep } from './linux-step.ts';
import {
  freeIfcfg,
  freeInterfaces,
  freeNetplan,
  freeNetwork,
  freeProfile,
  isCardsLink,
  isWiredProfile,
} from './network-files.ts';
import type { TextChange } from './text-change.ts';

interface Configuration {
  name: string;
  text: string;
}

const readAll = async (files: RootedFiles, folder: string, names: RegExp): Promise<Configuration[]> => {
  const found: Configuration[] = [];
  for (const name of (await files.list(folder)).filter((one) => names.test(one))) {
    const text = await files.read(`${folder}/${name}`);
    if (text !== undefined) found.push({ name: `${folder}/${name}`, text });
  }
  return found;
};

type Freed = readonly [Configuration, TextChange];

const profiles = async (files: RootedFiles): Promise<Freed[]> => {
  const all = await readAll(files, 'etc/NetworkManager/system-connections', /./);
  const isOnly = all.filter(({ text }) => isWiredProfile(text)).length === 1;
  return all.map((one) => [one, freeProfile(one.text, isOnly)]);
};

const ifcfgs = async (files: RootedFiles): Promise<Freed[]> => {
  const redHat = await readAll(files, 'etc/sysconfig/network-scripts', /^ifcfg-(?!lo$)/);
  const suse = await readAll(files, 'etc/sysconfig/network', /^ifcfg-(?!lo$)/);
  const anyName = redHat.length === 1 && (await files.exists('etc/NetworkManager'));
  return [
    ...redHat.map((one): Freed => [one, freeIfcfg(one.text, anyName)]),
    ...suse.map((one): Freed => [one, freeIfcfg(one.text, false)]),
  ];
};

const networkd = async (files: RootedFiles): Promise<Freed[]> => {
  const all = await readAll(files, 'etc/systemd/network', /\.network$/);
  return all.map((one) => [one, freeNetwork(one.text, all.length === 1)]);
};

const others = async (files: RootedFiles): Promise<Freed[]> => [
  ...(await readAll(files, 'etc/network', /^interfaces$/)).map(
    (one): Freed => [one, freeInterfaces(one.text)],
  ),
  ...(await readAll(files, 'etc/network/interfaces.d', /./)).map(
    (one): Freed => [one, freeInterfaces(one.text)],
  ),
  ...(await readAll(files, 'etc/netplan', /\.yaml$/)).map((one): Freed => [one, freeNetplan(one.text)]),
  ...(await readAll(files, 'etc/cloud/cloud.cfg.d', /\.cfg$/)).map(
    (one): Freed => [one, freeNetplan(one.text)],
  ),
];

/** Rules and links that give the old PC's card its name: udev(7), systemd.link(5). */
const removeNames = async (files: RootedFiles): Promise<string[]> => {
  const rules = (await readAll(files, 'etc/udev/rules.d', /persistent-(net|cd)\.rules$/)).map(
    ({ name }) => name,
  );
  const links = (await readAll(files, 'etc/systemd/network', /\.link$/))
    .filter(({ text }) => isCardsLink(text))
    .map(({ name }) => name);
  for (const name of [...rules, ...links]) await files.remove(name);
  return [...rules, ...links].map((name) => `/${name} removed`);
};

/** Takes out what binds the network to the card of the PC that the image was made on. Whether by DHCP or not stays as it is. */
export const freeTheNetwork: LinuxStep = async ({ files }): Promise<StepReport> => {
  const done = await removeNames(files);
  const warnings: string[] = [];
  const all = [await profiles(files), await ifcfgs(files), await networkd(files), await others(files)].flat();
  for (const [{ name, text }, change] of all) {
    if (change.text !== text) {
      await files.write(name, change.text);
      done.push(`/${name}: ${change.changes.join(', ')}`);
    }
    for (const warning of change.warnings) warnings.push(`ATTENTION /${name}: ${warning}`);
  }
  if (warnings.length > 0) return report('network', 'warning', ...warnings, ...done);
  return done.length > 0
    ? report('network', 'done', ...done)
    : report('network', 'skipped', 'nothing is bound to a network card');
};
