/** For `catch`: a file that is not there is `undefined`; anything else is thrown on. */
export const unlessMissing = (thrown: NodeJS.ErrnoException): undefined => {
  if (thrown.code !== 'ENOENT') throw thrown;
};

/** The same where a part of the way may be a file instead of a folder. */
export const unlessPathMissing = (thrown: NodeJS.ErrnoException): undefined => {
  if (thrown.code !== 'ENOTDIR') unlessMissing(thrown);
};
