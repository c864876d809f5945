import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';

const project = path.resolve(import.meta.dirname, '..');
const sourceFolder = path.join(project, 'src');

/** The README's table: folder → the folders it may import. */
const mayImport = new Map(
  [...readFileSync(path.join(project, 'README.md'), 'utf8').matchAll(/^\| (\w+) \| [^|]+ \| ([^|]+) \|$/gm)]
    .filter(([, folder]) => folder !== 'folder')
    .map(([, folder, allowed]) => [folder ?? '', (allowed ?? '').split(',').map((name) => name.trim())]),
);

interface Import {
  file: string;
  from: string;
  to: string;
  target: string;
}

const importsOf = (file: string): Import[] => {
  const text = readFileSync(path.join(sourceFolder, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)].map(([, specifier]) => {
    const target = path.join(path.dirname(file), specifier ?? '');
    return { file, from: file.split(path.sep)[0] ?? '', to: target.split(path.sep)[0] ?? '', target };
  });
};

const files = readdirSync(sourceFolder, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.m?[jt]s$/.test(file),
);
const inFolders = files.filter((file) => file.includes(path.sep));

const layerBreaks = (imports: readonly Import[]): string[] =>
  imports
    .filter(({ from, to }) => from !== to && !mayImport.get(from)?.includes(to))
    .map(({ file, target }) => `${file} must not import ${target}`);

test('the README lists every folder of src', (t) => {
  const folders = [...new Set(inFolders.map((file) => file.split(path.sep)[0] ?? ''))].sort();
  t.deepEqual([...mayImport.keys()].sort(), folders);
});

test('src imports only along the README’s table', (t) => {
  const imports = inFolders.flatMap(importsOf);
  t.true(imports.length > 50);
  t.deepEqual(layerBreaks(imports), []);
});

test('what runs apart from the appliance sees only the contract and the client of the API', (t) => {
  const breaks = inFolders
    .filter((file) => /^(cli|agent|lab)\//.test(file))
    .flatMap(importsOf)
    .filter(({ to, target }) => to === 'api' && !/^api\/(contract\/|client)/.test(target));
  t.deepEqual(breaks, []);
});

test('a break of the rule is found', (t) => {
  t.deepEqual(layerBreaks([{ file: 'core/a.ts', from: 'core', to: 'store', target: 'store/b.ts' }]), [
    'core/a.ts must not import store/b.ts',
  ]);
});

test('only main.ts, the set-up, the lab, the agent and the CLI read the environment', (t) => {
  const readers = files.filter((file) =>
    /process\.env\b/.test(readFileSync(path.join(sourceFolder, file), 'utf8')),
  );
  t.deepEqual(
    readers.filter((file) => !/^(main\.ts|(setup|lab|cli|agent)\/)/.test(file)),
    [],
  );
});
