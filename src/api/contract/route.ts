import type { z } from 'zod';

/** One operation of an API: what it takes and what it answers. Server, client and OpenAPI document are made from it. */
export interface Route {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Below the API's prefix, parameters as `:name`. */
  path: string;
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  response: z.ZodType;
}

type Part<R, K extends string, Side extends 'input' | 'output'> =
  R extends Record<K, infer S extends z.ZodType>
    ? { [P in K]: Side extends 'input' ? z.input<S> : z.output<S> }
    : unknown;

type Input<R, Side extends 'input' | 'output'> = Part<R, 'params', Side> &
  Part<R, 'query', Side> &
  Part<R, 'body', Side>;

/** What a caller hands over. */
export type RouteCall<R extends Route> = Input<R, 'input'>;
/** What a handler is given: checked, with defaults filled in. */
export type RouteInput<R extends Route> = Input<R, 'output'>;
/** What a handler returns, and a caller gets. */
export type RouteResult<R extends Route> = z.output<R['response']>;
