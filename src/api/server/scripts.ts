import type { ScriptRegistry } from '../../fleet/scripts.ts';
import type { AdminRoutes } from '../contract/admin.ts';
import type { Handlers } from './mount.ts';

type ScriptRoutes = Pick<AdminRoutes, 'listScripts' | 'getScript' | 'addScript' | 'removeScript'>;

export const scriptHandlers = (scripts: ScriptRegistry): Handlers<ScriptRoutes> => ({
  async listScripts() {
    return (await scripts.list()).map(({ text: _, ...script }) => script);
  },
  getScript: ({ params }) => scripts.find(params.script),
  addScript: ({ body }) => scripts.add(body.name, body.text, 'admin'),
  async removeScript({ params }) {
    await scripts.remove(params.script);
    return { removed: params.script };
  },
});
