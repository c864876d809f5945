import type { IncomingMessage, ServerResponse } from 'node:http';
import { GreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { type Mac, parseMac } from '../../core/mac.ts';
import { decodePath, defaultIdleMs, onlyReads, refuse, sendText } from '../../http/answer.ts';
import { bootFolder } from '../boot-folder.ts';
import { grubFile } from '../grub-files.ts';
import { ownUuid } from '../loader.ts';
import type { OwnIpxe } from '../own-ipxe.ts';
import type { Arch, BootClient } from '../plan.ts';
import type { BootDesk } from '../ports.ts';
import type { GrubSite } from '../scripts/grub.ts';
import { renderIpxeEntry, renderIpxeScript } from '../scripts/ipxe.ts';
import { kernelWords } from '../site.ts';
import { askedTwice } from './asked-twice.ts';
import { sendBootFile } from './send-boot-file.ts';

export interface BootHttpOptions {
  desk: BootDesk;
  bootFolder: string;
  /** `http://ADDRESS:PORT` as the PCs of this interface see it. */
  serverUrl: string;
  kernelArguments: string;
  ownIpxe?: OwnIpxe;
  menuOf?: (mac: Mac) => boolean;
  /** Told of bytes of files that the kernel sent by itself, which the sockets' own counts do not hold. */
  onKernelBytes?: (count: number) => void;
  /** A client that takes nothing of its file for so long is cut off. */
  idleMs?: number;
  log: Log;
}

/** Answers a request and returns true, or leaves it alone and returns false. */
export type BootHttp = (request: IncomingMessage, response: ServerResponse) => boolean;

const scriptPath = '/boot/ipxe';
const filesPath = '/boot/files/';
/** Where GRUB looks for its configuration when it came by HTTP. */
const grubPath = '/grub/';
const arches: readonly string[] = ['bios', 'uefi-ia32', 'uefi-x64', 'uefi-arm64'] satisfies Arch[];

/** Throws BAD_REQUEST without a MAC; what else is odd counts as not said. */
const readClient = (query: URLSearchParams): BootClient => {
  const arch = query.get('arch') ?? '';
  return {
    mac: parseMac(query.get('mac') ?? ''),
    uuid: ownUuid(query.get('uuid')?.toLowerCase()),
    arch: arches.includes(arch) ? (arch as Arch) : undefined,
    ...(query.get('agent') === 'yes' && { wantsAgent: true }),
  };
};

/**
 * `/boot/ipxe?mac=…&uuid=…&arch=…`, the script of a PC (without `mac` one that asks for it); `/boot/files/…`, the boot folder; `/grub/…`, GRUB's
 * configurations.
 * Throws CONFIG_INVALID for kernel arguments that a boot loader would misread.
 */
export const createBootHttp = ({ desk, log, ...options }: BootHttpOptions): BootHttp => {
  const site: GrubSite = {
    serverUrl: options.serverUrl,
    kernelWords: kernelWords(options.kernelArguments),
    filesPath: '/boot/files',
    ownIpxe: options.ownIpxe,
    menuOf: options.menuOf,
  };
  const folder = bootFolder(options.bootFolder);
  const grubText = askedTwice((path) => grubFile(path, desk, site));

  const sendScript = async (query: URLSearchParams, response: ServerResponse): Promise<void> => {
    if (!query.has('mac')) return sendText(response, 200, renderIpxeEntry(site.serverUrl));
    const client = readClient(query);
    sendText(response, 200, renderIpxeScript(client, await desk.plan(client, site.serverUrl), site));
  };

  const sendGrubFile = async (path: string, request: IncomingMessage, response: ServerResponse) => {
    const text = await grubText(path, request.method);
    if (text === undefined) throw new GreifError('BOOTFILE_NOT_FOUND', `${path} is not a GRUB configuration`);
    sendText(response, 200, text);
  };

  const sending = {
    idleMs: options.idleMs ?? defaultIdleMs,
    onKernelBytes: options.onKernelBytes ?? (() => {}),
  };

  const sendFromFolder = async (path: string, request: IncomingMessage, response: ServerResponse) => {
    await sendBootFile(folder, decodePath(path), request, response, sending);
    log.debug('HTTP: sent', { client: request.socket.remoteAddress, file: path });
  };

  return (request, response) => {
    const [pathname = '', query = ''] = (request.url ?? '').split('?', 2);
    const isScript = pathname === scriptPath;
    const isFile = pathname.startsWith(filesPath);
    if (!isScript && !isFile && !pathname.startsWith(grubPath)) return false;
    if (!onlyReads(request, response)) return true;
    const answer = () => {
      if (isScript) return sendScript(new URLSearchParams(query), response);
      if (isFile) return sendFromFolder(pathname.slice(filesPath.length), request, response);
      return sendGrubFile(pathname.slice(1), request, response);
    };
    answer().catch((fault: unknown) => refuse(fault, request, response, log));
    return true;
  };
};
