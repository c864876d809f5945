import { type FileHandle, open } from 'node:fs/promises';
import { maximumPackedBytes } from '../format/chunk.ts';
import { indexFileBytes } from '../format/index-file.ts';
import { type Manifest, manifestSchema } from '../format/manifest.ts';
import { publicKeySchema } from '../format/signature.ts';
import { unreadableSource } from '../import/source-fault.ts';
import type { ImageOffer } from '../transfer/offer.ts';
import { type Entries, openEntries, type Place } from './entries.ts';
import { memberOf } from './members.ts';
import { blockBytes, decodeHeader } from './ustar.ts';

/** No manifest is larger: this would be one of ten thousand partitions. */
const largestManifest = 4 * 2 ** 20;
const largestKey = 64;

export interface Archive extends ImageOffer {
  close(): Promise<void>;
}

/** Whether a file begins as an export does. */
export const isArchive = async (handle: FileHandle): Promise<boolean> => {
  const head = Buffer.alloc(blockBytes);
  const { bytesRead } = await handle.read(head, 0, blockBytes, 0);
  const entry = bytesRead === blockBytes ? decodeHeader(head) : 'end';
  return entry !== 'end' && 'name' in entry && memberOf(entry.name)?.kind === 'manifest';
};

/**
 * Opens an export and reads all but its chunks. Names, kinds and sizes are held against what an export can have before anything is
 * read, so no file makes this process take memory or write outside the store. Throws IMAGE_SOURCE_INVALID.
 */
export const openArchive = async (file: string): Promise<Archive> => {
  const handle = await open(file, 'r').catch(unreadableSource(file));
  try {
    const entries = openEntries(file, handle);
    return { ...offerOf(entries, await readHead(entries)), close: () => handle.close() };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
};

interface Head {
  manifest: Manifest | undefined;
  text: string;
  signature: string;
  signer: string;
  indexes: Map<string, Buffer>;
  /** The header of the first chunk. */
  chunksFrom: number;
}

const readHead = async (entries: Entries): Promise<Head> => {
  const head: Head = {
    manifest: undefined,
    text: '',
    signature: '',
    signer: '',
    indexes: new Map(),
    chunksFrom: 0,
  };
  for await (const place of entries.from(0)) {
    head.chunksFrom = place.at - blockBytes;
    if (place.member.kind === 'chunk') break;
    await readMember(entries, place, head);
  }
  if (head.manifest) return head;
  throw entries.fault('it has no manifest');
};

const readMember = async (entries: Entries, place: Place, head: Head): Promise<void> => {
  const { member } = place;
  switch (member.kind) {
    case 'manifest':
      head.text = (await entries.bytes(place, largestManifest)).toString('utf8');
      head.manifest = parseManifest(head.text);
      if (!head.manifest) throw entries.fault('its manifest is damaged');
      return;
    case 'signature':
      head.signature = (await entries.bytes(place, largestKey)).toString('base64url');
      return;
    case 'signer':
      head.signer = (await entries.bytes(place, largestKey)).toString('latin1').trim();
      return;
    case 'index': {
      const volume = head.manifest?.volumes.find(({ index }) => index === member.digest);
      if (!volume) throw entries.fault(`its manifest names no index ${member.digest}`);
      head.indexes.set(member.digest, await entries.bytes(place, indexFileBytes(volume.chunkCount)));
    }
  }
};

const parseManifest = (text: string): Manifest | undefined => {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const offerOf = (entries: Entries, head: Head): ImageOffer => ({
  text: head.text,
  signature: head.signature,
  signer: publicKeySchema.safeParse(head.signer).data,
  index: async (digest) => head.indexes.get(digest),
  async *chunks(wanted, signal) {
    for await (const place of entries.from(head.chunksFrom)) {
      signal?.throwIfAborted();
      const { member } = place;
      if (member.kind === 'chunk' && wanted.has(member.id))
        yield { id: member.id, packed: await entries.bytes(place, maximumPackedBytes()) };
    }
  },
});
