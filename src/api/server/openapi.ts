import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { adminPrefix, adminRoutes } from '../contract/admin.ts';
import { errorBodySchema } from '../contract/error.ts';
import type { Route } from '../contract/route.ts';

const json = (schema: Route['response']) => ({ content: { 'application/json': { schema } } });

const operation = (operationId: string, route: Route): ZodOpenApiOperationObject => ({
  operationId,
  summary: route.summary,
  requestParams: {
    ...(route.params && { path: route.params }),
    ...(route.query && { query: route.query }),
  },
  ...(route.body && { requestBody: { required: true, ...json(route.body) } }),
  responses: {
    '200': { description: 'Done', ...json(route.response) },
    default: { description: 'A failure, with a code of docs/errors.md', ...json(errorBodySchema) },
  },
});

const paths = (): ZodOpenApiPathsObject => {
  const table: ZodOpenApiPathsObject = {};
  for (const [name, route] of Object.entries<Route>(adminRoutes)) {
    const path = `${adminPrefix}${route.path.replace(/:(\w+)/g, '{$1}')}`;
    table[path] = { ...table[path], [route.method]: operation(name, route) };
  }
  return table;
};

/** The admin API as an OpenAPI 3.1 document, made from the schemas that check its requests. */
export const openApiDocument = (version: string) =>
  createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Greif admin API',
      version,
      description: 'Machines, images and assembly orders. Without accounts, therefore on loopback only.',
    },
    paths: paths(),
  });
