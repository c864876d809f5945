/** What a benchmark measured, and what it should: `>=0.9`, `<=300`. A metric without a goal is there for honesty. */
export interface BenchResult {
  metrics: Record<string, number>;
  goals: Record<string, string>;
}

/** What a run was asked for. */
export interface RunOptions {
  quick: boolean;
  /** For those that draw at random: another run, or the same again. */
  seed?: number | undefined;
  /** How many of what it draws. */
  points?: number | undefined;
  /** A part of it. */
  only?: string | undefined;
  /** Of the PC. */
  firmware?: 'bios' | 'uefi' | 'secureboot' | undefined;
  /** Of its disk. */
  scheme?: 'plain' | 'lvm' | undefined;
}

export type Benchmark = (options: RunOptions) => Promise<BenchResult>;

const meets = (value: number | undefined, goal: string): boolean => {
  const [, comparison, limit] = /^([<>])=\s*([\d.]+)$/.exec(goal) ?? [];
  if (value === undefined || limit === undefined) return false;
  return comparison === '<' ? value <= Number(limit) : value >= Number(limit);
};

export const judge = (metrics: BenchResult['metrics'], goals: BenchResult['goals']): boolean =>
  Object.entries(goals).every(([name, goal]) => meets(metrics[name], goal));

export const table = (metrics: BenchResult['metrics'], goals: BenchResult['goals']): string =>
  Object.entries(metrics)
    .map(([name, value]) => {
      const goal = goals[name];
      const verdict = goal === undefined ? '' : `  goal ${goal}  ${meets(value, goal) ? 'met' : 'MISSED'}`;
      return `${name.padEnd(34)} ${value.toFixed(3).padStart(12)}${verdict}`;
    })
    .join('\n');

export const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;

export const rounded = (value: number): number => Math.round(value * 1000) / 1000;
