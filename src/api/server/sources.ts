import type { SourceStore } from '../../sources/source-store.ts';
import type { sourceRoutes } from '../contract/source.ts';
import type { ImageJobs } from './image-jobs.ts';
import type { Handlers } from './mount.ts';

export const sourceHandlers = (
  sources: Pick<SourceStore, 'list' | 'get' | 'remove'>,
  jobs: Pick<ImageJobs, 'importSource'>,
): Handlers<typeof sourceRoutes> => ({
  listSources: async () => sources.list(),
  getSource: async ({ params }) => sources.get(params.source),
  importSource: async ({ body }) => jobs.importSource(body),
  async removeSource({ params }) {
    await sources.remove(params.source);
    return { removed: params.source };
  },
});
