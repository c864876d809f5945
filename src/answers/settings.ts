import type { Value } from '../fleet/profile.ts';
import type { InstallValues } from './install-values.ts';
import { unfit } from './syntax.ts';

/**
 * Variables of a profile that the built-in templates know (docs/installs.md lists them); these values where a profile has none.
 * Templates see them as `setting.NAME`.
 */
const defaults = {
  /** Debian: take packages from a mirror that nobody has signed. */
  unsigned_mirror: false,
  /** Debian: where security updates come from when there is a mirror; none: they are left out. */
  security_mirror_url: '',
  /** Debian: also firmware that is not free. */
  non_free_firmware: false,
  /** Debian: the kernel, as in `linux-image-cloud-amd64`; none: the installer chooses. */
  kernel_package: '',
  /** Debian: tasks of tasksel, `standard`. */
  tasks: [],
  /** Asked for the time during the install; none: the PC's clock is believed. */
  ntp_server: '',
  /** Windows: none: that of the installer's own `ei.cfg` or of the firmware. */
  product_key: '',
  /** Windows: the image's name in install.wim; none: the product key decides. */
  windows_image: '',
  /** Windows: `plain`, `recovery`, `data` or `single` (docs/installs.md). */
  windows_layout: 'plain',
  /** Windows: size of C: where another partition stands behind it. */
  windows_mebibytes: 0,
  /** Windows: what djoin.exe /provision wrote, base64. */
  domain_join_blob: '',
  /** Windows: language of Setup, which its medium must have; none: that of the locale. */
  ui_language: '',
  /** Windows: `0407:00000407`; none: from the keyboard's layout. */
  input_locale: '',
} as const satisfies Record<string, Value>;

type Widened<T> = T extends boolean
  ? boolean
  : T extends string
    ? string
    : T extends number
      ? number
      : readonly string[];
export type Settings = { [Name in keyof typeof defaults]: Widened<(typeof defaults)[Name]> };

const kindOf = (value: Value): string => (Array.isArray(value) ? 'list' : typeof value);

/** Throws ANSWER_VALUE_UNFIT where a variable has another type than the setting of its name. */
export const settingsOf = ({ variables }: Pick<InstallValues, 'variables'>): Settings => {
  const entries = Object.entries(defaults).map(([name, value]: [string, Value]) => {
    const own = Object.hasOwn(variables, name) ? (variables[name] ?? value) : value;
    if (kindOf(own) !== kindOf(value))
      throw unfit(`variables.${name}`, `a ${kindOf(value)}`, `it is a ${kindOf(own)}`);
    return [name, own];
  });
  return Object.fromEntries(entries);
};
