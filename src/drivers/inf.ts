/** What a driver's `.inf` says it is for. */
export interface InfFacts {
  /** `Net`, `Display`, … as the file has it. */
  className?: string | undefined;
  /** Upper case: `PCI\VEN_8086&DEV_15B7&SUBSYS_…`. */
  pciIds: string[];
  /** `amd64`, `arm64`, `x86`; empty: it does not say, and is for all. */
  architectures: string[];
}

/** UTF-16 with its mark, UTF-8, else one byte a character: only ASCII matters here. */
export const decodeInf = (bytes: Buffer): string => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.subarray(2).toString('utf16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff)
    return Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)))
      .swap16()
      .toString('utf16le');
  return bytes.toString('latin1');
};

type Section = { name: string; lines: string[] };

/** Comments end lines, a backslash at the end continues one. */
const sectionsOf = (text: string): Section[] => {
  const sections: Section[] = [];
  for (const raw of text.replace(/\\\s*\r?\n/g, ' ').split(/\r?\n/)) {
    const line = raw.replace(/;.*$/, '').trim();
    const name = /^\[([^\]]+)\]$/.exec(line)?.[1];
    if (name !== undefined) sections.push({ name: name.trim().toLowerCase(), lines: [] });
    else if (line !== '') sections.at(-1)?.lines.push(line);
  }
  return sections;
};

const architectureOf = (decoration: string): string | undefined =>
  /^nt(amd64|arm64|x86)/.exec(decoration)?.[1];

/** Reads the sections that INF files name their models in (Windows driver documentation, "INF Models Section"). Pure. */
export const parseInf = (text: string): InfFacts => {
  const sections = sectionsOf(text);
  const linesIn = (name: string): string[] =>
    sections.filter((section) => section.name === name).flatMap(({ lines }) => lines);
  const className = linesIn('version')
    .map((line) => /^class\s*=\s*"?([^"]+?)"?$/i.exec(line)?.[1])
    .find((found) => found !== undefined);
  const pciIds = new Set<string>();
  const architectures = new Set<string>();
  for (const line of linesIn('manufacturer')) {
    const [models = '', ...decorations] = line
      .slice(line.indexOf('=') + 1)
      .toLowerCase()
      .split(',')
      .map((part) => part.trim());
    for (const decoration of ['', ...decorations]) {
      const lines = linesIn(decoration ? `${models}.${decoration}` : models);
      if (lines.length === 0) continue;
      const architecture = architectureOf(decoration);
      if (architecture) architectures.add(architecture);
      for (const [id] of lines.join('\n').matchAll(/\bPCI\\VEN_[0-9A-F]{4}&DEV_[0-9A-F]{4}[^\s,"]*/gi))
        pciIds.add(id.toUpperCase());
    }
  }
  return { className, pciIds: [...pciIds], architectures: [...architectures] };
};
