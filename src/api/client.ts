import { GreifError, isErrorCode } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { type AdminRoutes, adminPrefix, adminRoutes } from './contract/admin.ts';
import { errorBodySchema } from './contract/error.ts';
import type { Route, RouteCall, RouteResult } from './contract/route.ts';

type Call<R extends Route> =
  unknown extends RouteCall<R>
    ? (input?: undefined, options?: CallOptions) => Promise<RouteResult<R>>
    : (input: RouteCall<R>, options?: CallOptions) => Promise<RouteResult<R>>;

interface CallOptions {
  signal?: AbortSignal;
}

/** One method for each route of the admin API: `client.getOrder({ params: { id: 7 } })`. */
export type AdminClient = { [Name in keyof AdminRoutes]: Call<AdminRoutes[Name]> };

interface Parts {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

const addressOf = (baseUrl: string, route: Route, { params = {}, query = {} }: Parts): URL => {
  const path = route.path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(String(params[key])));
  const url = URL.parse(`${adminPrefix}${path}`, baseUrl);
  if (!url)
    throw new GreifError('BAD_REQUEST', `"${baseUrl}" is no address: it looks like http://127.0.0.1:8470`);
  for (const [key, value] of Object.entries(query))
    for (const item of [value].flat()) if (item !== undefined) url.searchParams.append(key, String(item));
  return url;
};

const unreachable = (baseUrl: string, cause: unknown): GreifError => {
  const reason = (cause as { cause?: { code?: string } }).cause?.code ?? String(cause);
  return new GreifError(
    'UNREACHABLE',
    `no appliance answers at ${baseUrl} (${reason}): is it running? Start it with npm start, or name another address with --url`,
    { cause },
  );
};

const refusal = (body: unknown, status: number): GreifError => {
  const { data } = errorBodySchema.safeParse(body);
  if (!data || !isErrorCode(data.error.code))
    return new GreifError(
      'UNREACHABLE',
      `what answers is not a Greif appliance (HTTP ${status}): check the address`,
    );
  return new GreifError(
    data.error.code,
    data.error.message,
    data.error.details && { details: data.error.details },
  );
};

const request = async (baseUrl: string, route: Route, parts: Parts, options: CallOptions) => {
  const url = addressOf(baseUrl, route, parts);
  const init: RequestInit = { method: route.method.toUpperCase(), ...options };
  if (parts.body !== undefined) {
    init.headers = { 'content-type': 'application/json' };
    init.body = JSON.stringify(parts.body);
  }
  try {
    const response = await fetch(url, init);
    const text = await response.text();
    return { ok: response.ok, status: response.status, text };
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    throw unreachable(baseUrl, error);
  }
};

/**
 * The admin API as typed methods. Refusals throw GreifError with the server's code; no answer throws UNREACHABLE.
 * @param baseUrl as the appliance prints it: `http://127.0.0.1:8470`
 */
export const createAdminClient = (baseUrl: string): AdminClient => {
  const call =
    (route: Route) =>
    async (parts: Parts = {}, options: CallOptions = {}): Promise<unknown> => {
      const { ok, status, text } = await request(baseUrl, route, parts, options);
      const body = parseJson(text);
      const answer = route.response.safeParse(body);
      if (!ok || !answer.success) throw refusal(body, status);
      return answer.data;
    };
  const methods = Object.entries(adminRoutes).map(([name, route]) => [name, call(route)]);
  return Object.fromEntries(methods) as AdminClient;
};
