import type { ErrorCode } from '../../core/errors.ts';
import type { Manifest } from '../format/manifest.ts';
import type { ImportProgress } from './import.ts';

/** What the import's process is told at its start. */
export interface ImportRequest {
  /** The image store's. */
  folder: string;
  /** Where the appliance keeps its keys. */
  keysFolder: string;
  name: string;
  file: string;
}

/** What it tells back: progress, then one of the others. */
export type ImportMessage =
  | { kind: 'progress'; progress: ImportProgress }
  | { kind: 'done'; manifest: Manifest }
  | { kind: 'failed'; code: ErrorCode; message: string };
