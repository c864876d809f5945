import { GreifError } from './errors.ts';

/** A MAC address as six lower-case hex pairs with colons: `52:54:00:12:34:56`. */
export type Mac = string & { readonly kind: 'mac' };

/** Reads `52-54-00-12-34-56`, `5254.0012.3456`, `525400123456` and the like; throws BAD_REQUEST. */
export const parseMac = (text: string): Mac => {
  const digits = text.toLowerCase().replace(/[:.-]/g, '');
  if (!/^[0-9a-f]{12}$/.test(digits)) throw new GreifError('BAD_REQUEST', `"${text}" is not a MAC address`);
  return (digits.match(/../g) ?? []).join(':') as Mac;
};

/** The same, `undefined` for what is no MAC address. */
export const macOf = (text: string): Mac | undefined => {
  try {
    return parseMac(text);
  } catch {
    return undefined;
  }
};
