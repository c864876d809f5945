import type { Command } from 'commander';
import type { TrustedKey } from '../api/contract/key.ts';
import { formatTime, table } from './format.ts';
import { verb } from './session.ts';

const keyTable = (keys: readonly TrustedKey[], present: string): string =>
  table(
    ['KEY', 'WHOSE', 'SINCE'],
    keys.map(({ key, own, comment, trustedAt }) => [
      key,
      own ? `${comment}${key === present ? '' : ', formerly'}` : comment,
      formatTime(trustedAt),
    ]),
  );

/** `greif key …` */
export const addKeyVerbs = (program: Command): void => {
  const key = program
    .command('key')
    .description('the key that images are signed with, and those that are trusted');
  verb(key.command('show').description("this appliance's public key"), async ({ client, show }) => {
    const keys = await client.getKeys();
    show(keys, () => keys.present);
    return 0;
  });
  verb(key.command('list').description('all keys that are trusted'), async ({ client, show }) => {
    const keys = await client.getKeys();
    show(keys, () => keyTable(keys.trusted, keys.present));
    return 0;
  });
  const trust = key
    .command('trust')
    .description("trust another appliance's key: its images may be used here")
    .argument('<key>', 'as "greif key show" prints it there; compare it over the telephone')
    .requiredOption('--comment <text>', 'whose key it is');
  verb(trust, async ({ client, show }, publicKey: string) => {
    const { comment } = trust.opts<{ comment: string }>();
    const trusted = await client.trustKey({ body: { key: publicKey, comment } });
    show(trusted, () => `what ${trusted.comment} signed may be used now`);
    return 0;
  });
  verb(
    key
      .command('distrust')
      .description('trust a key no longer: what only it signed can no longer be used')
      .argument('<key>'),
    async ({ client, show }, publicKey: string) => {
      const removed = await client.distrustKey({ params: { key: publicKey } });
      show(removed, () => `${removed.removed} is no longer trusted`);
      return 0;
    },
  );
  verb(
    key
      .command('rotate')
      .description(
        'make a new key and sign all own images with it; the former key stays trusted until "distrust"',
      ),
    async ({ client, show }) => {
      const keys = await client.rotateKey();
      show(
        keys,
        () =>
          `${keys.present} is the key now; ${keys.signedAgain} manifests are signed again. PCs whose agent is waiting must be restarted.`,
      );
      return 0;
    },
  );
};
