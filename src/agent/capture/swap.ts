const pageSizes = [4096, 8192, 16_384, 32_768, 65_536];
const magicBytes = 10;
/** Of the kernel, uswsusp and TuxOnIce, as libblkid knows them. */
const sleeping = ['S1SUSPEND', 'S2SUSPEND', 'ULSUSPEND', 'LINHIB0001', '\xed\xc3\x02\xe9\x98V\xe5\x0c'];

/**
 * The header of swap space, a partition or a file: its first page, which ends in a mark (linux/swap.h). UUID and label lie in it. A system that
 * sleeps there puts a mark of its own in that place. `undefined`: this is no swap.
 */
export const swapHeader = (start: Buffer): { sizeBytes: number; isHibernated: boolean } | undefined => {
  for (const sizeBytes of pageSizes) {
    if (start.length < sizeBytes) return undefined;
    const magic = start.toString('latin1', sizeBytes - magicBytes, sizeBytes);
    if (magic === 'SWAPSPACE2' || magic === 'SWAP-SPACE') return { sizeBytes, isHibernated: false };
    if (sleeping.some((mark) => magic.startsWith(mark))) return { sizeBytes, isHibernated: true };
  }
  return undefined;
};
