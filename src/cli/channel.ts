import type { Command } from 'commander';
import type { ChannelMove } from '../api/contract/channel.ts';
import { formatTime, table } from './format.ts';
import { verb } from './session.ts';

const moveTable = (moves: readonly ChannelMove[]): string =>
  table(
    ['IMAGE', 'CHANNEL', 'VERSION', 'MOVED', 'BY'],
    moves.map(({ image, channel, version, movedAt, movedBy }) => [
      image,
      channel,
      version === undefined ? 'removed' : String(version),
      formatTime(movedAt),
      movedBy,
    ]),
  );

/** `greif image channel …` */
export const addChannelVerbs = (image: Command): void => {
  const channel = image.command('channel').description('names that point at versions: stable, next, …');
  verb(
    channel
      .command('set')
      .description('point a channel at a version; what is filed for IMAGE@CHANNEL from now on gets that one')
      .argument('<image>', "the image's name")
      .argument('<channel>', 'stable (which a bare name means), next, or one of your own')
      .argument('<version>', 'a number, another channel, or newest'),
    async ({ client, show }, name: string, to: string, version: string) => {
      const moved = await client.setChannel({ params: { image: name, channel: to }, body: { version } });
      show(moved, () => `${name}@${to} is ${name}@${moved.version} now`);
      return 0;
    },
  );
  verb(
    channel
      .command('list')
      .description('where channels point; for one image, with all moves there were')
      .argument('[image]', "the image's name"),
    async ({ client, show }, name: string | undefined) => {
      const moves =
        name === undefined
          ? await client.listChannels()
          : await client.channelHistory({ params: { image: name } });
      show(moves, () =>
        moves.length === 0
          ? 'No channels yet: greif image channel set IMAGE stable VERSION makes one.'
          : moveTable(moves),
      );
      return 0;
    },
  );
  verb(
    channel
      .command('remove')
      .description('remove a channel; its history stays')
      .argument('<image>', "the image's name")
      .argument('<channel>'),
    async ({ client, show }, name: string, gone: string) => {
      const removed = await client.removeChannel({ params: { image: name, channel: gone } });
      show(removed, () => `${name} has no channel ${gone} any more`);
      return 0;
    },
  );
};
