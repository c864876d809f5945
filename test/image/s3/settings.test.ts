import test from 'ava';
import { s3Credentials, s3Schema } from '../../../src/image/s3/settings.ts';

const none = { accessKeyId: '', secretAccessKey: '' };
const environment = { AWS_ACCESS_KEY_ID: 'env', AWS_SECRET_ACCESS_KEY: 'hush', AWS_SESSION_TOKEN: 'short' };

test('the key: the configuration’s pair, else the environment’s, never half of each', (t) => {
  t.deepEqual(s3Credentials({ accessKeyId: 'own', secretAccessKey: 'x' }, environment), {
    accessKeyId: 'own',
    secretAccessKey: 'x',
  });
  t.deepEqual(s3Credentials(none, environment), {
    accessKeyId: 'env',
    secretAccessKey: 'hush',
    sessionToken: 'short',
  });
  for (const [settings, env] of [
    [none, {}],
    [none, { AWS_ACCESS_KEY_ID: 'env' }],
    [{ accessKeyId: 'own', secretAccessKey: '' }, environment],
  ] as const)
    t.throws(() => s3Credentials(settings, env), { code: 'CONFIG_INVALID', message: /both of a pair/ });
});

test('what cannot be a bucket, a prefix or an address is refused', (t) => {
  const good = {
    ...none,
    endpoint: 'https://s3.example.edu:9000',
    region: 'us-east-1',
    bucket: 'greif',
    prefix: 'lab/greif/',
    pathStyle: true,
    caFile: '',
    timeoutSeconds: 30,
    giveUpAfterSeconds: 120,
    partMebibytes: 16,
  };
  t.true(s3Schema.safeParse(good).success);
  for (const bad of [
    { endpoint: 'ftp://x' },
    { endpoint: 's3.example.edu' },
    { bucket: 'Greif' },
    { bucket: 'a/b' },
    { prefix: 'lab' },
    { prefix: '/' },
    { partMebibytes: 4 },
    { bucked: 'x' },
  ])
    t.false(s3Schema.safeParse({ ...good, ...bad }).success, JSON.stringify(bad));
});
