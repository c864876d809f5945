/** Bytes per second over the time since the stage began. */
export const createRate = (now: () => number = Date.now) => {
  let stage = '';
  let startMs = 0;
  let startBytes = 0;
  return (present: string, doneBytes: number): number | undefined => {
    if (present !== stage) {
      stage = present;
      startMs = now();
      startBytes = doneBytes;
    }
    const seconds = (now() - startMs) / 1000;
    return seconds > 0 ? (doneBytes - startBytes) / seconds : undefined;
  };
};
