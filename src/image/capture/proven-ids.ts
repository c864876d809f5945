import type { ChunkId } from '../ports.ts';

/**
 * Which chunks were proven: 8 bytes an id and twice that for room, so that a disk with a million chunks takes 16 MB. It keeps the first 52
 * bits of an id; a coincidence (one in four thousand captures of such disks) only spares one look into the store.
 */
export const provenIds = () => {
  let slots = new Float64Array(1024);
  let count = 0;

  const keyOf = (id: ChunkId): number => Number.parseInt(id.slice(0, 13), 16) + 1;
  const slotOf = (key: number, table: Float64Array): number => {
    let slot = key % table.length;
    while (table[slot] !== 0 && table[slot] !== key) slot = (slot + 1) % table.length;
    return slot;
  };
  const grow = (): void => {
    const larger = new Float64Array(slots.length * 2);
    for (const key of slots) if (key !== 0) larger[slotOf(key, larger)] = key;
    slots = larger;
  };

  return {
    has: (id: ChunkId): boolean => slots[slotOf(keyOf(id), slots)] !== 0,
    add(id: ChunkId): void {
      const key = keyOf(id);
      const slot = slotOf(key, slots);
      if (slots[slot] === key) return;
      slots[slot] = key;
      if (++count * 2 > slots.length) grow();
    },
  };
};
