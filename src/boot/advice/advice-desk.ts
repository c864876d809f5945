import { GreifError } from '../../core/errors.ts';
import type { Loader } from '../../fleet/room.ts';
import type { InterfaceState } from '../network/interfaces.ts';
import { advise, type Dialect, dialects } from './advise.ts';
import { bootFacts } from './boot-facts.ts';

export interface AdviceSite {
  /** The interfaces that PCs are served on. */
  served: readonly string[];
  httpPort: number;
  uefiLoader: Loader;
  interfaces: ReadonlyMap<string, InterfaceState>;
}

export interface Advice {
  for: Dialect;
  title: string;
  settings: string;
}

/** The one that is meant when none is named. Throws BAD_REQUEST when that is not clear. */
const meant = (served: readonly string[]): string => {
  const [only, ...others] = served;
  if (only !== undefined && others.length === 0) return only;
  throw new GreifError(
    'BAD_REQUEST',
    only === undefined
      ? 'no interface is served: name the one that the PCs see with --interface'
      : `several interfaces are served: name one with --interface: ${served.join(', ')}`,
  );
};

/**
 * What the DHCP server of an interface's network must be told, for one kind of server or for each. Throws BAD_REQUEST for an interface
 * that is not there or has no address.
 */
export const adviceFor = (
  interfaceName: string | undefined,
  dialect: Dialect | undefined,
  { served, httpPort, uefiLoader, interfaces }: AdviceSite,
): Advice[] => {
  const name = interfaceName ?? meant(served);
  const face = interfaces.get(name);
  if (!face) throw new GreifError('BAD_REQUEST', missing(name, interfaces));
  const [subnet] = face.subnets;
  if (!subnet)
    throw new GreifError(
      'BAD_REQUEST',
      `${name} has no IPv4 address that PCs could be sent to: ip address add …`,
    );
  const facts = bootFacts(subnet, {
    serverAddress: subnet.address,
    httpPort,
    loaderOf: () => uefiLoader,
  });
  const names = dialect ? [dialect] : (Object.keys(dialects) as Dialect[]);
  return names.map((each) => ({ for: each, title: dialects[each].title, settings: advise(each, facts) }));
};

const missing = (name: string, interfaces: ReadonlyMap<string, unknown>): string =>
  `there is no interface ${name}; there are: ${[...interfaces.keys()].join(', ')}`;
