import type { Architecture } from './architecture.ts';
import type { Tree } from './tree.ts';

/** What the images of one processor's system are made from. */
export interface SystemParts {
  architecture: Architecture;
  /** Its unpacked packages. */
  tree: Tree;
  /** Packing programs, for this machine's own processor. */
  tools: Tree;
  /** The kernel's. */
  release: string;
}
