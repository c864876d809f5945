/** A sealed pack and what of it is still needed, in bytes of its file. */
export interface PackUse {
  name: string;
  sizeBytes: number;
  liveBytes: number;
}

export interface CollectionPlan {
  /** Nothing of them is needed. */
  remove: string[];
  /** What is needed is copied to another pack, then they go. */
  rewrite: string[];
}

/** A pack that is so much garbage is worth being copied. */
const garbageShare = 0.3;
/** Packs below this share of a full one are joined: many small ones come of removals and of processes that end. */
const smallShare = 0.25;

/** What to do with each pack; those that are not named stay. */
export const planCollection = (packs: readonly PackUse[], packBytes: number): CollectionPlan => {
  const remove = packs.filter(({ liveBytes }) => liveBytes === 0);
  const used = packs.filter(({ liveBytes }) => liveBytes > 0);
  const isSmall = ({ sizeBytes }: PackUse) => sizeBytes < packBytes * smallShare;
  const severalSmall = used.filter(isSmall).length > 1;
  const rewrite = used.filter((pack) => {
    const garbage = pack.sizeBytes - pack.liveBytes;
    return garbage > pack.sizeBytes * garbageShare || (isSmall(pack) && (severalSmall || garbage > 0));
  });
  return { remove: remove.map(({ name }) => name), rewrite: rewrite.map(({ name }) => name) };
};
