import { findWindows } from 'windows-iana';
import { unfit } from './syntax.ts';

/** xkb's layouts as Windows calls them: language and keyboard, `LCID:KLID`. */
const keyboards: Readonly<Record<string, string>> = {
  at: '0c07:00000407',
  be: '080c:0000080c',
  br: '0416:00000416',
  ch: '0807:00000807',
  'ch(fr)': '100c:0000100c',
  cz: '0405:00000405',
  de: '0407:00000407',
  dk: '0406:00000406',
  es: '040a:0000040a',
  fi: '040b:0000040b',
  fr: '040c:0000040c',
  gb: '0809:00000809',
  hu: '040e:0000040e',
  it: '0410:00000410',
  nl: '0413:00020409',
  no: '0414:00000414',
  pl: '0415:00000415',
  pt: '0816:00000816',
  ru: '0419:00000419',
  se: '041d:0000041d',
  tr: '041f:0000041f',
  ua: '0422:00000422',
  us: '0409:00000409',
  'us(intl)': '0409:00020409',
};

/** `0407:00000407`, of `de` or as it stands. Throws ANSWER_VALUE_UNFIT for a keyboard that is not in the table. */
export const windowsKeyboard = ({
  layout,
  variant,
}: {
  layout: string;
  variant?: string | undefined;
}): string => {
  if (/^[0-9a-f]{4}:[0-9a-f]{8}$/i.test(layout)) return layout.toLowerCase();
  const found = keyboards[`${layout}(${variant})`] ?? keyboards[layout];
  if (!found)
    throw unfit(
      'keyboard.layout',
      "one of Windows' keyboards",
      `there is none for ${layout}: set input_locale`,
    );
  return found;
};

/** `de_DE.UTF-8` → `de-DE`. Throws ANSWER_VALUE_UNFIT for one without a country. */
export const windowsLocale = (locale: string): string => {
  const found = /^([a-z]{2,3})[_-]([A-Z]{2})/.exec(locale);
  if (!found) throw unfit('locale', "one of Windows' languages", `${locale} names no language and country`);
  return `${found[1]}-${found[2]}`;
};

/** `Europe/Berlin` → `W. Europe Standard Time`, as CLDR has it. Throws ANSWER_VALUE_UNFIT. */
export const windowsTimeZone = (zone: string): string => {
  const [found] = findWindows(zone);
  if (!found) throw unfit('timeZone', "one of Windows' time zones", `Unicode's table has none for ${zone}`);
  return found;
};
