import type { Express } from 'express';
import type { Route, RouteInput, RouteResult } from '../contract/route.ts';
import { contextOf, type RequestContext } from './context.ts';
import { parse } from './parse.ts';

/** One handler for each route of a table. */
export type Handlers<Routes extends Record<string, Route>> = {
  [Name in keyof Routes]: (
    input: RouteInput<Routes[Name]>,
    context: RequestContext,
  ) => Promise<RouteResult<Routes[Name]>>;
};

type AnyHandler = (input: unknown, context: RequestContext) => Promise<unknown>;

/** Puts a table's routes into the app: checks what comes in, answers with what the handler returns. */
export const mount = <Routes extends Record<string, Route>>(
  app: Express,
  prefix: string,
  routes: Routes,
  handlers: Handlers<Routes>,
): void => {
  for (const [name, route] of Object.entries<Route>(routes)) {
    const handle = handlers[name] as AnyHandler;
    app[route.method](`${prefix}${route.path}`, async (request, response) => {
      const { params, query, body } = route;
      const input = {
        ...(params && { params: parse(params, request.params, 'address') }),
        ...(query && { query: parse(query, request.query, 'query') }),
        ...(body && { body: parse(body, request.body, 'body') }),
      };
      response.json(await handle(input, contextOf(response)));
    });
  }
};
