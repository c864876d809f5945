import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBootHttp } from './boot/http/handler.ts';
import { journaled } from './boot/http/journaled.ts';
import type { Place } from './boot/network/descriptor.ts';
import type { Sockets } from './boot/network/sockets.ts';
import type { Config } from './config.ts';
import { type Service, startAll } from './core/start-all.ts';
import { createChunkRoutes } from './delivery/chunk-routes.ts';
import type { HttpServers } from './http-servers.ts';
import type { ImageStore } from './image/store/image-store.ts';
import type { openInstalling } from './installing.ts';
import type { PackageCache } from './sources/package-cache/package-cache.ts';
import { createSourceRoutes } from './sources/source-routes.ts';
import type { SourceStore } from './sources/source-store.ts';

/** Answers a request and returns true, or leaves it alone and returns false. */
type Routes = (request: IncomingMessage, response: ServerResponse) => boolean;

type BootHttpParts = Parameters<typeof createBootHttp>[0];

export interface RoomHttpOptions extends Pick<BootHttpParts, 'desk' | 'ownIpxe' | 'menuOf' | 'log'> {
  config: Pick<Config, 'folders' | 'boot'>;
  journal: Parameters<typeof journaled>[1];
  images: Pick<ImageStore, 'chunks'>;
  sources: Pick<SourceStore, 'open' | 'openIso'>;
  installing: ReturnType<typeof openInstalling>;
  packageCache: PackageCache | undefined;
  /** The last one answers whatever the others leave. */
  others: readonly Routes[];
  servers: HttpServers;
}

/** Part of the composition: what PCs get by HTTP at each of our addresses, and what listens there beside it. */
export const createRoomHttp = (options: RoomHttpOptions) => {
  const { config, journal, images, sources, installing, packageCache, others, servers, log } = options;
  const onKernelBytes = servers.addKernelBytes;
  const sourceRoutes = createSourceRoutes({ sources, onKernelBytes, log });
  const chunks = createChunkRoutes({ chunks: images.chunks, log });
  return (place: Place, sockets: Sockets): Promise<Service> => {
    const files = createBootHttp({
      ...options,
      bootFolder: config.folders.boot,
      serverUrl: `http://${place.address}:${place.port}`,
      kernelArguments: config.boot.kernelArguments,
      onKernelBytes,
    });
    const all = [sourceRoutes, journaled(files, journal), installing.routesAt(place), chunks, ...others];
    return startAll([
      () =>
        servers.serve(
          (request, response) => void all.some((routes) => routes(request, response)),
          (server) => sockets.tcp(place, server),
        ),
      () => installing.listenAt(place, sockets),
      ...(packageCache ? [() => packageCache.listenAt(place.address)] : []),
    ]);
  };
};
