import { GreifError } from '../../core/errors.ts';
import type { FleetDesk } from '../../fleet/desk.ts';
import { openStates } from '../../fleet/order-states.ts';
import type { SourceStore } from '../../sources/source-store.ts';
import type { sourceRoutes } from '../contract/source.ts';
import type { ImageJobs } from './image-jobs.ts';
import type { Handlers } from './mount.ts';

const assertUnused = async ({ orders, profiles }: Pick<FleetDesk, 'orders' | 'profiles'>, source: string) => {
  for (const order of await orders.list({ kinds: ['install'], states: openStates }))
    if (order.kind === 'install' && (await profiles.find(order.options.profile)).source === source)
      throw new GreifError(
        'SOURCE_IN_USE',
        `order ${order.id} installs from ${source}: wait until it has ended, or cancel it (greif order cancel ${order.id})`,
      );
};

export const sourceHandlers = (
  fleet: Pick<FleetDesk, 'orders' | 'profiles'>,
  sources: Pick<SourceStore, 'list' | 'get' | 'remove'>,
  jobs: Pick<ImageJobs, 'importSource'>,
): Handlers<typeof sourceRoutes> => ({
  listSources: async () => sources.list(),
  getSource: async ({ params }) => sources.get(params.source),
  importSource: async ({ body }) => jobs.importSource(body),
  async removeSource({ params: { source } }) {
    await assertUnused(fleet, source);
    await sources.remove(source);
    return { removed: source };
  },
});
