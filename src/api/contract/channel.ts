import { z } from 'zod';
import { channelMoveSchema, channelNameSchema } from '../../fleet/channel.ts';
import { manifestSchema } from '../../image/format/manifest.ts';
import { named } from './named.ts';
import type { Route } from './route.ts';

const imageName = manifestSchema.shape.name.meta({ description: "The image's name, without a version" });
const channelParams = z.object({ image: imageName, channel: channelNameSchema });

export type { ChannelMove } from '../../fleet/channel.ts';

export const channelRoutes = {
  listChannels: {
    method: 'get',
    path: '/channels',
    summary: 'Where the channels of all images point',
    response: z.array(channelMoveSchema),
  },
  channelHistory: {
    method: 'get',
    path: '/channels/:image',
    summary: "All moves of an image's channels, newest first; one without a version is a removal",
    params: z.object({ image: imageName }),
    response: z.array(channelMoveSchema),
  },
  setChannel: {
    method: 'post',
    path: '/channels/:image/:channel',
    summary: 'Point a channel at a version: orders filed from now on for `name@channel` get that one',
    params: channelParams,
    body: z.strictObject({ version: named('A version number, another channel, or `newest`') }),
    response: channelMoveSchema,
  },
  removeChannel: {
    method: 'delete',
    path: '/channels/:image/:channel',
    summary: 'Remove a channel; its history stays',
    params: channelParams,
    response: channelMoveSchema,
  },
} as const satisfies Record<string, Route>;
