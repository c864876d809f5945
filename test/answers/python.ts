import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Debian's own Python, which sees Debian's packages; the input goes in as JSON, the last expression comes out as JSON. */
export const python = (program: string, input: unknown, env: Record<string, string> = {}): unknown =>
  JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', `import json, sys\ngiven = json.load(sys.stdin)\n${program}`], {
      input: JSON.stringify(input),
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      env: { ...process.env, PYTHONIOENCODING: 'utf-8', ...env },
    }),
  );

/** Each text as PyYAML, which cloud-init and Subiquity use, reads it. */
export const readYaml = (texts: readonly string[]): unknown =>
  python('import yaml\nprint(json.dumps([yaml.safe_load(text) for text in given]))', texts);

/** What is wrong with a document by a JSON schema; empty: nothing. */
export const schemaFaults = (schema: unknown, document: unknown): unknown =>
  python(
    'import jsonschema\nprint(json.dumps([f"{list(e.path)}: {e.message}" for e in jsonschema.Draft7Validator(given[0]).iter_errors(given[1])]))',
    [schema, document],
  );

/** cloud-init from Debian's archive in a folder: installed, it would take over this machine's next start. */
export const openCloudInit = () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'greif-cloud-init-'));
  const run = (program: string, ...args: string[]): string =>
    execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const apt = (...args: string[]) => run('apt-get', '-q', '-o', 'APT::Sandbox::User=root', ...args);
  try {
    apt('download', 'cloud-init');
  } catch {
    // The machine's package lists may be older than what the mirror has: lists of our own leave them alone.
    mkdirSync(path.join(folder, 'lists/partial'), { recursive: true });
    const lists = ['-o', `Dir::State::Lists=${folder}/lists`];
    apt(...lists, 'update');
    apt(...lists, 'download', 'cloud-init');
  }
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.deb'));
  run('dpkg-deb', '-x', file, 'system');
  return {
    /** What `cloud-init schema` says of a user-data; throws with its words where it refuses it. */
    schema(userData: string): string {
      writeFileSync(path.join(folder, 'user-data'), userData);
      return execFileSync(
        '/usr/bin/python3',
        ['-m', 'cloudinit.cmd.main', 'schema', '--config-file', path.join(folder, 'user-data')],
        {
          encoding: 'utf8',
          env: {
            ...process.env,
            PYTHONPATH: path.join(folder, 'system/usr/lib/python3/dist-packages'),
            PYTHONDONTWRITEBYTECODE: '1',
          },
        },
      );
    },
    close: () => rmSync(folder, { recursive: true }),
  };
};
