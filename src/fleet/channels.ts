import { type Clock, isoTime } from '../core/clock.ts';
import { GreifError } from '../core/errors.ts';
import { type ChannelMove, channelNameSchema, defaultChannel, splitRef } from './channel.ts';
import type { ImageShelf } from './image-shelf.ts';
import type { ChannelStore } from './ports.ts';
import { createQueue } from './queue.ts';

/** Names for versions that a site moves: rollouts follow a channel, versions themselves never change. */
export interface ChannelDesk {
  /** `name@version`, or a bare name where only the newest version can be meant. Throws CHANNEL_NOT_FOUND. What is no ref at all comes back as it is. */
  resolve(ref: string): Promise<string>;
  /** Where the channels of an image point, by name; of all images without one. */
  list(image?: string): Promise<ChannelMove[]>;
  /** All moves of an image's channels, newest first. */
  history(image: string): Promise<ChannelMove[]>;
  /** `version`: a number, another channel, or `newest`. Throws IMAGE_NOT_FOUND, CHANNEL_NOT_FOUND, BAD_REQUEST. */
  set(image: string, channel: string, version: string, actor: string): Promise<ChannelMove>;
  /** Throws CHANNEL_NOT_FOUND. */
  remove(image: string, channel: string, actor: string): Promise<ChannelMove>;
  /** Does `work`, which removes what `ref` names, unless a channel points there: IMAGE_IN_USE. No channel moves meanwhile. */
  whileUnused<Result>(ref: string, work: () => Promise<Result>): Promise<Result>;
}

const notFound = (image: string, channel: string): GreifError =>
  new GreifError(
    'CHANNEL_NOT_FOUND',
    `the image ${image} has no channel ${channel}: "greif image channel list ${image}" shows which it has`,
  );

const inUse = ({ image, channel, version }: ChannelMove): GreifError =>
  new GreifError(
    'IMAGE_IN_USE',
    `the channel ${channel} points at ${image}@${version}: move it (greif image channel set ${image} ${channel} VERSION) or remove it (greif image channel remove ${image} ${channel}) first`,
  );

export const createChannelDesk = (parts: {
  store: ChannelStore;
  /** Finds `name@version` and the newest of a bare name. */
  images: ImageShelf;
  clock: Clock;
}): ChannelDesk => {
  const { store, images, clock } = parts;
  const queue = createQueue();

  const present = async (image: string, channel: string): Promise<ChannelMove | undefined> =>
    (await store.list(image)).find((move) => move.channel === channel);

  const versionOf = async (image: string, channel: string): Promise<string> => {
    const move = await present(image, channel);
    if (!move) throw notFound(image, channel);
    return `${image}@${move.version}`;
  };

  const resolve = async (ref: string): Promise<string> => {
    const { name, after } = splitRef(ref);
    if (after === 'newest') return name;
    if (after === undefined)
      return (await present(name, defaultChannel)) ? versionOf(name, defaultChannel) : name;
    return channelNameSchema.safeParse(after).success ? versionOf(name, after) : ref;
  };

  const move = async (change: Omit<ChannelMove, 'movedAt'>): Promise<ChannelMove> => {
    const made = { ...change, movedAt: isoTime(clock()) };
    await store.move(made);
    return made;
  };

  return {
    resolve,
    list: (image) => store.list(image),
    history: (image) => store.history(image),
    set: (image, channel, version, movedBy) =>
      queue(async () => {
        const { ref } = await images.find(await resolve(`${image}@${version}`));
        return move({ image, channel, version: Number(splitRef(ref).after), movedBy });
      }),
    remove: (image, channel, movedBy) =>
      queue(async () => {
        if (!(await present(image, channel))) throw notFound(image, channel);
        return move({ image, channel, movedBy });
      }),
    whileUnused: (ref, work) =>
      queue(async () => {
        const { name, after } = splitRef(ref);
        const user = (await store.list(name)).find(
          ({ version }) => after === undefined || after === String(version),
        );
        if (user) throw inUse(user);
        return work();
      }),
  };
};
