import type { Location } from './chunk-table.ts';

/**
 * Which chunks somebody counts on: those that were asked for or put while anybody holds. When the last hold ends they are forgotten all at once.
 * Marks are one byte a chunk; one that is left from 255 rounds ago only keeps a chunk longer.
 */
export const createPins = () => {
  let holds = 0;
  let epoch = 1;
  return {
    hold(): { release(): void } {
      holds++;
      let held = true;
      return {
        release() {
          if (held && --holds === 0) epoch = (epoch % 255) + 1;
          held = false;
        },
      };
    },
    pin({ pack, entry }: Location): void {
      if (holds > 0) pack.touch(entry, epoch);
    },
    isPinned: ({ pack, entry }: Location): boolean => pack.isTouched(entry, epoch),
  };
};

export type Pins = ReturnType<typeof createPins>;
