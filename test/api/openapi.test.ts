import test from 'ava';
import { adminPrefix, adminRoutes } from '../../src/api/contract/admin.ts';
import type { Route } from '../../src/api/contract/route.ts';
import { openApiDocument } from '../../src/api/server/openapi.ts';
import { startAppliance } from './appliance.ts';

type Operation = { operationId: string; parameters?: { name: string; in: string }[]; requestBody?: object };
type Paths = Record<string, Record<string, Operation>>;

test('the document has every route, and no other', (t) => {
  const paths = openApiDocument('1.2.3').paths as Paths;
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { operationId }]) => `${operationId}: ${method} ${path}`),
  );
  const routes = Object.entries<Route>(adminRoutes).map(
    ([name, { method, path }]) => `${name}: ${method} ${adminPrefix}${path.replace(/:(\w+)/g, '{$1}')}`,
  );
  t.deepEqual(documented.sort(), routes.sort());
});

test('each operation names its parameters and its body', (t) => {
  const paths = openApiDocument('1.2.3').paths as Paths;
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  for (const [name, route] of Object.entries<Route>(adminRoutes)) {
    const operation = operations.find(({ operationId }) => operationId === name);
    const expected = [
      ...Object.keys(route.params?.shape ?? {}).map((key) => `path ${key}`),
      ...Object.keys(route.query?.shape ?? {}).map((key) => `query ${key}`),
    ];
    const told = (operation?.parameters ?? []).map((parameter) => `${parameter.in} ${parameter.name}`);
    t.deepEqual(told.sort(), expected.sort(), name);
    t.is(operation?.requestBody !== undefined, route.body !== undefined, name);
    const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, key]) => key);
    t.deepEqual(inPath, Object.keys(route.params?.shape ?? {}), name);
  }
});

test('it is served as OpenAPI 3.1', async (t) => {
  const { admin, close } = await startAppliance();
  t.teardown(close);
  const answer = await fetch(`${admin}/api/v1/openapi.json`);
  t.deepEqual(await answer.json(), JSON.parse(JSON.stringify(openApiDocument('0.0.0'))));
  t.like(openApiDocument('0.0.0'), { openapi: '3.1.0', info: { version: '0.0.0' } });
});
