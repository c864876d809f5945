/** So many last lines of an order's installer are kept, in memory, for so many orders. */
const mostLines = 200;
const mostOrders = 500;
const longestLine = 1000;

export interface InstallLogs {
  add(orderId: number, line: string): void;
  /** Oldest first; none when nothing was heard. */
  tail(orderId: number, lines?: number): string[];
}

export const createInstallLogs = (): InstallLogs => {
  const rings = new Map<number, string[]>();
  return {
    add(orderId, line) {
      const ring = rings.get(orderId) ?? [];
      // Who was heard last stays longest.
      rings.delete(orderId);
      rings.set(orderId, ring);
      ring.push(line.slice(0, longestLine));
      if (ring.length > mostLines) ring.shift();
      const [oldest] = rings.keys();
      if (rings.size > mostOrders && oldest !== undefined) rings.delete(oldest);
    },
    tail: (orderId, lines = mostLines) => (rings.get(orderId) ?? []).slice(-lines),
  };
};
