import type { ChannelDesk } from '../../fleet/channels.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import type { ImageCatalogue } from './images.ts';
import type { Handlers } from './mount.ts';

type ChannelRoutes = Pick<AdminRoutes, 'listChannels' | 'channelHistory' | 'setChannel' | 'removeChannel'>;

/** Until there are accounts, whoever calls is the administrator. */
const actor = 'admin';

export const channelHandlers = (channels: ChannelDesk): Handlers<ChannelRoutes> => ({
  listChannels: () => channels.list(),
  channelHistory: ({ params }) => channels.history(params.image),
  setChannel: ({ params, body }) => channels.set(params.image, params.channel, body.version, actor),
  removeChannel: ({ params }) => channels.remove(params.image, params.channel, actor),
});

/** The same images, found by channel as well, and none removed to which a channel points. */
export const followChannels = <Images extends ImageCatalogue>(
  images: Images,
  channels: ChannelDesk,
): Images => ({
  ...images,
  get: async (ref: string) => images.get(await channels.resolve(ref)),
  verify: async (ref, options) => images.verify(await channels.resolve(ref), options),
  remove: (ref) => channels.whileUnused(ref, () => images.remove(ref)),
});
