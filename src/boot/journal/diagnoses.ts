/** How a boot stands: nothing to do, not over yet, or in need of somebody. */
export type Verdict = 'fine' | 'under-way' | 'trouble';

/**
 * What can be the matter with a PC, in the order in which docs/troubleshooting.md lists them (a test holds them together).
 * `remedy` says what to do; what was seen of the one PC is added by `diagnose`.
 */
export const diagnoses = {
  fine: { verdict: 'fine', title: 'the PC booted', remedy: 'Nothing.' },
  'under-way': {
    verdict: 'under-way',
    title: 'the boot is under way',
    remedy: 'Wait, or follow it with --watch.',
  },
  'order-failed': {
    verdict: 'trouble',
    title: 'the PC booted, but its order failed',
    remedy: 'greif order show tells the reason; remove it and file a new order.',
  },
  'disk-not-bootable': {
    verdict: 'trouble',
    title: 'sent to its own disk, the PC came straight back',
    remedy:
      'Its disk has no boot loader that the firmware accepts: image it (greif order create), or repair the boot entry.',
  },
  'never-heard': {
    verdict: 'trouble',
    title: 'nothing was ever heard of this PC',
    remedy:
      'Check the MAC, the cable and that network boot is switched on in the firmware. If the PC is in another VLAN or subnet, its broadcasts end at the router: set up a DHCP relay (ip helper) there that names this appliance.',
  },
  'only-renewals': {
    verdict: 'trouble',
    title: 'only renewals of a running system were heard',
    remedy:
      'Renewals are unicast and pass routers, broadcasts do not: if the PC is in another VLAN or subnet, set up a DHCP relay there; else switch network boot on in its firmware and put it first.',
  },
  'never-asked-to-boot': {
    verdict: 'trouble',
    title: 'the PC asks for an address, but never for a boot file',
    remedy:
      'The network is in order. Switch network boot (PXE) on in the firmware and put it before the disk.',
  },
  'pool-exhausted': {
    verdict: 'trouble',
    title: 'no address was left for the PC',
    remedy: 'Enlarge the pool of this interface, shorten dhcp.leaseSeconds, or wait for leases to end.',
  },
  'second-dhcp-server': {
    verdict: 'trouble',
    title: 'the PC took the address of another DHCP server',
    remedy:
      'Two DHCP servers answer on this network. Switch the other one off if it does not belong there; if it is the site’s own, set this interface to dhcp: proxy.',
  },
  'no-proxy-support': {
    verdict: 'trouble',
    title: 'the PC took an address from the site’s DHCP server and never came to us for its boot file',
    remedy:
      'Some firmware ignores ProxyDHCP offers: let the site’s DHCP server name this appliance as next server with its boot file, or make Greif the DHCP server (dhcp: server). If other PCs of this model do boot, look for a firewall before UDP ports 69 and 4011.',
  },
  'wrong-architecture': {
    verdict: 'trouble',
    title: 'there is no fitting boot loader for this PC’s firmware',
    remedy:
      'Switch the firmware to a mode that is served (docs/troubleshooting.md lists them). If another DHCP server or an override names the file, let it name one for this architecture.',
  },
  'boot-file-missing': {
    verdict: 'trouble',
    title: 'a file that the PC needs is not in boot/',
    remedy:
      'npm run boot prepares the folder. If another DHCP server names the file, correct the name there.',
  },
  'tftp-blocked': {
    verdict: 'trouble',
    title: 'the PC was told its boot file and never asked for it',
    remedy:
      'Open UDP port 69 and all high UDP ports from the PCs to this appliance (firewall, switch ACL, VLAN), and switch port security off that blocks during start.',
  },
  'tftp-stalled': {
    verdict: 'trouble',
    title: 'a file was sent by TFTP, but the PC did not confirm it',
    remedy:
      'TFTP answers from a port of its own: let a firewall track TFTP, or open all high UDP ports in both directions. Where the first blocks pass and later ones do not, look for packet loss, or for an MTU below 1500.',
  },
  'http-blocked': {
    verdict: 'trouble',
    title: 'the PC was told what to fetch over HTTP and never asked for it',
    remedy: 'Open the TCP port of the boot files (room.httpPort) from the PCs to this appliance.',
  },
  'http-stalled': {
    verdict: 'trouble',
    title: 'a boot file over HTTP broke off and was not fetched again',
    remedy:
      'Look for packet loss between the PC and this appliance, and for a proxy or firewall that ends long transfers.',
  },
  'loader-refused': {
    verdict: 'trouble',
    title: 'the firmware fetched the loader and did not run it',
    remedy:
      'Secure Boot refuses what is not signed for it: for iPXE set boot.uefiLoader to shim, put a signed iPXE into boot/, or switch Secure Boot off. If shim is refused, allow Microsoft’s third-party (UEFI) CA in the firmware.',
  },
  loop: {
    verdict: 'trouble',
    title: 'the PC fetches the same file again and again',
    remedy:
      'A DHCP server gives iPXE the loader again instead of its script: let the site’s DHCP server tell iPXE (user class iPXE) apart, or leave the boot file to Greif.',
  },
  'offer-not-taken': {
    verdict: 'trouble',
    title: 'the PC did not take the offer',
    remedy:
      'Our answer does not reach it, or it waits for another: look for a switch port that is still blocked by spanning tree (set portfast), for DHCP snooping that does not trust this appliance, and for a wrong relay address.',
  },
  'address-refused': {
    verdict: 'trouble',
    title: 'the PC insists on an address that is not its own',
    remedy:
      'It should ask anew by itself. If it does not: delete the fixed address in its settings, or start it again.',
  },
  'not-served': {
    verdict: 'trouble',
    title: 'the PC’s question was heard and left unanswered',
    remedy: 'The reason is with the step. A relay needs a scope for its subnet.',
  },
  'agent-never-checked-in': {
    verdict: 'trouble',
    title: 'the PC was given the agent, which never checked in',
    remedy:
      'Look at the PC’s screen, where the agent says what it waits for: a network card without driver, no address from DHCP, or too little memory (1 GiB is enough).',
  },
  stopped: {
    verdict: 'trouble',
    title: 'the PC fell silent for no reason that can be seen from here',
    remedy: 'Look at the PC’s screen. Its last step is the place to begin.',
  },
} as const satisfies Record<string, { verdict: Verdict; title: string; remedy: string }>;

export type DiagnosisCode = keyof typeof diagnoses;
