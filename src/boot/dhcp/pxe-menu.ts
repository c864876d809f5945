import type { OptionMap } from '../../wire/dhcp/option-map.ts';
import { options, pxeOptions, readOption, writeOption } from '../../wire/dhcp/options.ts';
import type { DhcpPacket } from '../../wire/dhcp/packet.ts';
import { type DhcpRequest, tolerant } from './request.ts';

/** The first of the types that PXE leaves to vendors; 0 would mean the local disk (PXE 2.1 section 2.2.1). */
const ownType = 0x8000;
const title = 'Greif';

/**
 * For BIOS ROMs that do not know 43.6 = 8 and insist on a menu: one entry that is taken at once, and ourselves as its boot server, whom they then
 * ask on port 4011. ROMs that know it, and UEFI and iPXE, do not look at the menu.
 */
const menu = (serverAddress: string): [number, Buffer][] => [
  writeOption(pxeOptions.bootServers, [{ type: ownType, addresses: [serverAddress] }]),
  writeOption(pxeOptions.bootMenu, [{ type: ownType, text: title }]),
  writeOption(pxeOptions.menuPrompt, { seconds: 0, text: title }),
];

const chosenItem = (packet: DhcpPacket): [number, Buffer][] => {
  const asked: OptionMap | undefined = tolerant(packet, options.vendorInformation);
  const item = asked?.get(pxeOptions.bootItem.code);
  return item ? [[pxeOptions.bootItem.code, item]] : [];
};

/**
 * A PXE reply beside another DHCP server, with the menu for BIOS firmware, and with the menu's entry that the client has chosen, which it wants to
 * see again (PXE 2.1 section 2.2.3). What the reply says in option 43 already stays.
 */
export const withPxeMenu = (reply: DhcpPacket, { packet, boot }: DhcpRequest): DhcpPacket => {
  const said = readOption(reply, options.vendorInformation);
  if (!said || !boot || boot.transport !== 'tftp') return reply;
  const needsMenu = boot.arch === 'bios' && boot.stage === 'firmware';
  const all = new Map([...(needsMenu ? menu(reply.siaddr) : []), ...chosenItem(packet), ...said]);
  const inOrder = new Map([...all].toSorted(([a], [b]) => a - b));
  return { ...reply, options: new Map([...reply.options, writeOption(options.vendorInformation, inOrder)]) };
};
