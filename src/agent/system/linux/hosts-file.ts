/** Debian's own address for the host's name (Debian reference, section 5.1.1). */
const ownAddress = '127.0.1.1';

const isOwnLine = (line: string): boolean => line.trim().split(/\s+/)[0] === ownAddress;

/** The image's domain stays with the new name: `golden.uni.example golden` → `pc-7.uni.example pc-7`. */
const namesFor = (hostName: string, oldLine: string | undefined): string => {
  const domain = /^[^.\s]+(\.[^\s]+)/.exec(oldLine?.trim().split(/\s+/)[1] ?? '')?.[1];
  return domain ? `${hostName}${domain} ${hostName}` : hostName;
};

/** `/etc/hosts` with the host's own line set, and every other line as it was. Pure. */
export const setHostName = (hosts: string, hostName: string): string => {
  const lines = hosts.split('\n');
  const own = `${ownAddress}\t${namesFor(hostName, lines.find(isOwnLine))}`;
  const at = lines.findIndex(isOwnLine);
  if (at >= 0)
    return lines.flatMap((line, n) => (n === at ? [own] : isOwnLine(line) ? [] : [line])).join('\n');
  const loopback = lines.findIndex((line) => /^\s*127\.0\.0\.1\s/.test(line));
  return lines.toSpliced(loopback + 1, 0, own).join('\n');
};
