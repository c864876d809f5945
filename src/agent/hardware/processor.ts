import type { Inventory } from '../../fleet/inventory.ts';

const field = (block: string, name: string): string | undefined =>
  new RegExp(`^${name}\\s*:[ \\t]*(.*)$`, 'm').exec(block)?.[1]?.trim() || undefined;

/** Reads `/proc/cpuinfo`. A virtual machine may not tell cores: then each thread counts as one. */
export const parseProcessor = (cpuinfo: string): Inventory['cpu'] => {
  const threads = cpuinfo.split(/\n\s*\n/).filter((block) => field(block, 'processor') !== undefined);
  const cores = new Set(
    threads.map(
      (block) =>
        `${field(block, 'physical id') ?? ''}/${field(block, 'core id') ?? field(block, 'processor')}`,
    ),
  );
  return {
    model: (field(cpuinfo, 'model name') ?? 'unknown').slice(0, 256),
    cores: Math.max(1, cores.size),
    threads: Math.max(1, threads.length),
  };
};

/** Reads `/proc/meminfo`: what the kernel has, in bytes (a little less than what is plugged in). */
export const parseMemory = (meminfo: string): number =>
  Number(/^MemTotal:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024;
