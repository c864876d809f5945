import type { ChunkId } from '../ports.ts';

/**
 * What an export holds, in this order: `manifest.json`, its signature (64 bytes), the public key that made it (text), each volume's index, and
 * every chunk once, as casync has them below a store. Unpacked by tar, `casync extract --store=chunks indexes/<digest>.caibx` reads a volume.
 */
export type Member =
  | { kind: 'manifest' }
  | { kind: 'signature' }
  | { kind: 'signer' }
  | { kind: 'index'; digest: string }
  | { kind: 'chunk'; id: ChunkId };

export const memberName = (member: Member): string => {
  switch (member.kind) {
    case 'manifest':
      return 'manifest.json';
    case 'signature':
      return 'manifest.sig';
    case 'signer':
      return 'signer.pub';
    case 'index':
      return `indexes/${member.digest}.caibx`;
    case 'chunk':
      return `chunks/${member.id.slice(0, 4)}/${member.id}.cacnk`;
  }
};

/** What a name stands for; `undefined` for any that an export does not have. */
export const memberOf = (name: string): Member | undefined => {
  const [, digest] = /^indexes\/([0-9a-f]{64})\.caibx$/.exec(name) ?? [];
  const [, id] = /^chunks\/[0-9a-f]{4}\/([0-9a-f]{64})\.cacnk$/.exec(name) ?? [];
  const members: Member[] = [{ kind: 'manifest' }, { kind: 'signature' }, { kind: 'signer' }];
  if (digest !== undefined) members.push({ kind: 'index', digest });
  if (id !== undefined) members.push({ kind: 'chunk', id: id as ChunkId });
  return members.find((member) => memberName(member) === name);
};
