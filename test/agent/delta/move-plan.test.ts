import test from 'ava';
import { type Move, planMoves } from '../../../src/agent/seed/move-plan.ts';
import { Random } from '../../e2e/fuzz/random.ts';

const randomMoves = (random: Random): Move[] => {
  const count = 1 + random.below(30);
  const sizes = Array.from({ length: count }, () => 1 + random.below(9));
  const places = (): number[] => {
    const found: number[] = new Array(count).fill(0);
    let at = random.below(20);
    const order = [...sizes.keys()].map((move) => ({ move, key: random.below(2) * random.below(1000) }));
    for (const { move } of order.toSorted((one, other) => one.key - other.key)) {
      found[move] = at;
      at += (sizes[move] as number) + random.below(2) * random.below(5);
    }
    return found;
  };
  const [from, to] = [places(), places()];
  return sizes.map((sizeBytes, move) => ({
    chunk: move,
    from: from[move] as number,
    sizeBytes,
    to: [to[move] as number],
  }));
};

test('no source is overwritten before it is read, memory is bounded, and each move is written or dropped: 5,000 cases', (t) => {
  const wrong: string[] = [];
  let dropped = 0;
  for (let seed = 0; seed < 5000; seed++) {
    const random = new Random(seed);
    const moves = randomMoves(random);
    const memoryBytes = 10 + random.below(60);
    const written = new Set<number>();
    const held = new Set<number>();
    let ended = 0;
    for (const step of planMoves(moves, memoryBytes))
      for (const position of step.moves) {
        const { from, sizeBytes, to } = moves[position] as Move;
        if (step.kind === 'read') {
          for (let at = from; at < from + sizeBytes; at++)
            if (written.has(at)) wrong.push(`${seed}: byte ${at}`);
          held.add(position);
          const bytes = [...held].reduce((sum, one) => sum + (moves[one] as Move).sizeBytes, 0);
          if (bytes > memoryBytes) wrong.push(`${seed}: ${bytes} bytes held`);
          continue;
        }
        if (!held.delete(position)) wrong.push(`${seed}: move ${position} was not read`);
        ended++;
        if (step.kind === 'drop') dropped++;
        else for (const place of to) for (let at = place; at < place + sizeBytes; at++) written.add(at);
      }
    if (ended !== moves.length) wrong.push(`${seed}: ${ended} of ${moves.length} moves ended`);
  }
  t.deepEqual(wrong.slice(0, 5), []);
  t.true(dropped > 0);
});
