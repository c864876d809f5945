/** The JSON of Subiquity's and curtin's webhook (`reporting: { type: webhook }`): what is said of a step. */
interface InstallerEvent {
  name?: unknown;
  description?: unknown;
  event_type?: unknown;
  result?: unknown;
}

const longest = 200;

const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();

const eventOf = (body: string): InstallerEvent => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
};

/** A step in words: what the query says, else what an installer's event in the body says (`start subiquity/Install/install: installing system`). Pure. */
export const stepOfEvent = (asked: string | null, body: string): string => {
  const said = printable(asked ?? '');
  if (said !== '') return said.slice(0, longest);
  const { name, description, event_type: type, result } = eventOf(body);
  const words = [type, name, result].filter((word) => typeof word === 'string' && word !== '').join(' ');
  const detail = typeof description === 'string' && description !== '' ? `: ${description}` : '';
  return printable(`${words}${detail}`).slice(0, longest) || 'working';
};
