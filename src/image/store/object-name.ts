import { GreifError } from '../../core/errors.ts';

const namePattern = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/;
const longestName = 512;

/** The name, if it can be one in every kind of object store. Throws BAD_REQUEST. */
export const objectName = (name: string): string => {
  if (name.length <= longestName && namePattern.test(name)) return name;
  throw new GreifError('BAD_REQUEST', `"${name.slice(0, 80)}" cannot name an object of the image store`);
};
