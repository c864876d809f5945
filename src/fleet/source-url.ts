/** Below it on the room's HTTP port are the installer sources, each by its name. */
export const sourcesPath = '/sources/';

/** The folder of a source's own files, with a slash at the end. `serverUrl` without one. */
export const sourceUrl = (serverUrl: string, source: string): string =>
  `${serverUrl}${sourcesPath}${source}/`;

/** The ISO that the source was made of, as one file. */
export const sourceIsoUrl = (serverUrl: string, source: string): string =>
  `${serverUrl}${sourcesPath}${source}.iso`;
