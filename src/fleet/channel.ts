import { z } from 'zod';

/** `stable` and `next` by custom, or what a site likes. `newest` is no channel: it always means the newest version. */
export const channelNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, 'small letters, digits and hyphens, a letter first, at most 31')
  .refine(
    (name) => name !== 'newest',
    '"newest" always is the newest version, so no channel can have that name',
  );

/** What a name alone means, once it is there. */
export const defaultChannel = 'stable';

/** One move of a channel to a version of its image. Never changed, never deleted: the last one counts. */
export const channelMoveSchema = z.object({
  /** The image's name, without a version. */
  image: z.string(),
  channel: z.string(),
  /** Without it the channel was removed. */
  version: z.number().int().positive().optional(),
  movedAt: z.iso.datetime(),
  movedBy: z.string(),
});

export type ChannelMove = z.infer<typeof channelMoveSchema>;

/** `name`, `name@7`, `name@stable`: what stands behind the `@` is a version or a channel. */
export const splitRef = (ref: string): { name: string; after: string | undefined } => {
  const at = ref.indexOf('@');
  return at < 0 ? { name: ref, after: undefined } : { name: ref.slice(0, at), after: ref.slice(at + 1) };
};
