import test from 'ava';
import {
  freeIfcfg,
  freeInterfaces,
  freeNetplan,
  freeNetwork,
  freeProfile,
} from '../../src/agent/system/linux/network-files.ts';
import type { TextChange } from '../../src/agent/system/linux/text-change.ts';

const mac = '52:54:00:AA:bb:cc';

const becomes = (
  title: string,
  change: (text: string) => TextChange,
  before: string,
  after: string,
  warns = false,
): void =>
  test(title, (t) => {
    const { text, warnings } = change(before);
    t.is(text, after);
    t.is(warnings.length > 0, warns);
    t.is(change(text).text, after, 'a second time nothing is left to do');
  });

const interfaces = (card: string, method: string) =>
  `auto lo ${card}\niface lo inet loopback\niface enp1s0 inet ${method}\n`;
becomes(
  'ifupdown: the only card is matched by a pattern',
  freeInterfaces,
  interfaces('enp1s0', 'dhcp'),
  interfaces('/e*/1=enp1s0', 'dhcp'),
);
becomes(
  'ifupdown: a fixed address stays, and is told',
  freeInterfaces,
  interfaces('enp1s0', 'static'),
  interfaces('/e*/1=enp1s0', 'static'),
  true,
);
const two = 'auto enp1s0 enp2s0\niface enp1s0 inet dhcp\niface enp2s0 inet dhcp\n';
becomes('ifupdown: which of two cards is which is not guessed', freeInterfaces, two, two);
becomes(
  'ifupdown: a bridge is left alone',
  freeInterfaces,
  'auto br0\niface br0 inet dhcp\n',
  'auto br0\niface br0 inet dhcp\n',
);

const profile = (middle: string) => `[connection]\nid=wired\ntype=ethernet\n${middle}\n[ipv4]\nmethod=auto\n`;
becomes(
  'NetworkManager: the only wired profile is for any card',
  (text) => freeProfile(text, true),
  profile(`interface-name=enp1s0\n[ethernet]\nmac-address=${mac}\ncloned-mac-address=${mac}\n`),
  profile('[ethernet]\n'),
);
becomes(
  'NetworkManager: one of several keeps its name, and a random MAC is nobody’s',
  (text) => freeProfile(text, false),
  profile(`interface-name=enp1s0\n[ethernet]\nmac-address=${mac}\ncloned-mac-address=random\n`),
  profile('interface-name=enp1s0\n[ethernet]\ncloned-mac-address=random\n'),
);
const wifi = `[connection]\ntype=wifi\n[wifi]\nmac-address=${mac}\n`;
becomes('NetworkManager: wireless profiles are left alone', (text) => freeProfile(text, true), wifi, wifi);

becomes(
  'ifcfg: hardware addresses go, the name where NetworkManager reads it',
  (text) => freeIfcfg(text, true),
  `TYPE=Ethernet\nHWADDR=${mac}\nDEVICE=ens192\nBOOTPROTO=dhcp\n`,
  'TYPE=Ethernet\nBOOTPROTO=dhcp\n',
);
becomes(
  'ifcfg: else it stays',
  (text) => freeIfcfg(text, false),
  `DEVICE=eth0\nHWADDR=${mac}\nIPADDR=10.0.0.5\n`,
  'DEVICE=eth0\nIPADDR=10.0.0.5\n',
  true,
);

becomes(
  'networkd: a card’s MAC becomes any wired card',
  (text) => freeNetwork(text, true),
  `# ours\n[Match]\nMACAddress=${mac}\nName=enp1s0\n\n[Network]\nDHCP=yes\n`,
  '# ours\n[Match]\nType=ether\n\n[Network]\nDHCP=yes\n',
);
const patterned = '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n';
becomes('networkd: a pattern is nobody’s', (text) => freeNetwork(text, true), patterned, patterned);

const netplan = (card: string) =>
  `# by the installer\nnetwork:\n  version: 2\n  ethernets:\n    enp1s0:\n${card}`;
becomes(
  'netplan: the only card is matched by a pattern, comments stay',
  freeNetplan,
  netplan(
    `      match:\n        macaddress: ${mac}\n      set-name: lan0\n      dhcp4: true # as everywhere\n`,
  ),
  netplan('      dhcp4: true # as everywhere\n      match:\n        name: e*\n'),
);
becomes(
  'netplan: a card that is named only',
  freeNetplan,
  netplan('      dhcp4: true\n'),
  netplan('      dhcp4: true\n      match:\n        name: e*\n'),
);
const log = 'output: {all: "| tee -a /var/log/cloud-init-output.log"}\n';
becomes('cloud-init: a file without a network is not touched', freeNetplan, log, log);
const broken = 'network: {ethernets: [\n';
becomes('what is no YAML is told', freeNetplan, broken, broken, true);
