import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { GreifError } from '../../core/errors.ts';

export interface AgentBundle {
  code: Buffer;
  /** The product's version and the beginning of the code's SHA-256: two agents that differ have two versions. */
  version: string;
}

/** Node's own `require` for what libraries load in the old way. */
const banner =
  "import { createRequire as greifRequire } from 'node:module'; const require = greifRequire(import.meta.url);";

/** The agent and all that it imports in one file. */
export const bundleAgent = async (
  projectFolder: string,
  entry = 'src/agent/main.ts',
): Promise<AgentBundle> => {
  const result = await build({
    absWorkingDir: projectFolder,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    legalComments: 'none',
    logLevel: 'silent',
    banner: { js: banner },
  }).catch((cause) => {
    throw new GreifError('STEP_FAILED', `the agent cannot be bundled: ${cause.message}`, { cause });
  });
  const code = Buffer.from(result.outputFiles[0]?.contents ?? []);
  const { version } = JSON.parse(await readFile(path.join(projectFolder, 'package.json'), 'utf8'));
  const contentHash = createHash('sha256').update(code).digest('hex').slice(0, 8);
  return { code, version: `${version}+${contentHash}` };
};
