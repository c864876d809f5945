/**
 * The chunk routes' wire format, shared by both ends.
 *
 *     GET  /chunks/ab12/ab12….cacnk      one chunk, as casync asks for it
 *     POST /chunks                       body: up to 4,096 chunk ids of 32 bytes, one after the other
 *                                        answer: for each, in that order, u32 length (big-endian) and so many bytes;
 *                                        length 0xffffffff and no bytes: the store does not have it
 */
export const chunksPath = '/chunks';
export const chunkIdBytes = 32;
export const maximumIdsPerRequest = 4096;
export const frameHeadBytes = 4;
export const missingFrame = 0xffffffff;
