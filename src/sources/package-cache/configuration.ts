import type { PackageCacheSettings } from './settings.ts';

export interface CachePlace {
  /** Below it everything of the cache lies. */
  folder: string;
  addresses: readonly string[];
}

/** Long after the last PC of a room was installed. */
const keptDays = 90;

const withoutScheme = (url: string): string => url.replace(/^http:\/\//, '').replace(/\/+$/, '');

/**
 * apt-cacher-ng's acng.conf (its manual, "Configuration file"): a proxy for the mirrors that are named and for nothing else, so that nobody reaches by it
 * what the appliance reaches. Without its pages, which would let anybody expire the cache. Pure.
 */
export const renderConfiguration = (
  { port, mirrors }: Pick<PackageCacheSettings, 'port' | 'mirrors'>,
  { folder, addresses }: CachePlace,
): string => {
  const remaps = mirrors.map(({ name, urls, from }) => {
    const upstream = from.length > 0 ? from : urls.slice(0, 1);
    return `Remap-${name}: ${urls.map(withoutScheme).join(' ')} /${name} ; ${upstream.join(' ')}`;
  });
  return `${[
    `CacheDir: ${folder}/packages`,
    `LogDir: ${folder}/log`,
    `BindAddress: ${addresses.join(' ')}`,
    `Port: ${port}`,
    'SocketPath:',
    'PidFile:',
    'ForeGround: 1',
    'ForceManaged: 1',
    'AllowUserPorts: 0',
    'ReportPage:',
    `ExThreshold: ${keptDays}`,
    ...remaps,
  ].join('\n')}\n`;
};
