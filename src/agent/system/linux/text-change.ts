/** What became of one configuration file. Pure changes answer with it; the file is written when its text differs. */
export interface TextChange {
  text: string;
  /** What was changed, for the evidence. */
  changes: string[];
  /** What a person has to look at. */
  warnings: string[];
}

export const macPattern = '(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}';

/** The lines without those that `goes` names a reason for. */
export const withoutLines = (text: string, goes: (line: string) => string | undefined): TextChange => {
  const changes: string[] = [];
  const kept = text.split('\n').filter((line) => {
    const reason = goes(line);
    if (reason !== undefined) changes.push(reason);
    return reason === undefined;
  });
  return { text: kept.join('\n'), changes, warnings: [] };
};

export const sharedAddress = 'every PC of this image gets the same fixed address';
