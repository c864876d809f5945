/** The process in which an import runs (see source-store.ts). */
import { serveApart } from '../core/serve-apart.ts';
import { type ImportSourceProgress, type ImportSourceRequest, importSource } from './import-source.ts';
import type { InstallerSource } from './source.ts';

serveApart<ImportSourceRequest, ImportSourceProgress, InstallerSource>(importSource);
