/**
 * Who is served in this round: of each client the first that is ready, however many transfers it has and however large their windows are. Who is left
 * out stays ready, so it is in the next round. What belongs to no client is always served.
 */
export const oneTurnEach = <Ready>(
  ready: readonly Ready[],
  clientOf: (one: Ready) => string | undefined,
): Ready[] => {
  const served = new Set<string>();
  return ready.filter((one) => {
    const client = clientOf(one);
    if (client === undefined) return true;
    if (served.has(client)) return false;
    served.add(client);
    return true;
  });
};
