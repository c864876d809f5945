import test from 'ava';
import { isSignedBy } from '../../src/image/format/signature.ts';
import { newSampleKey } from './sample-key.ts';

test('a signature holds for its key and its exact bytes only', (t) => {
  const { publicKey, sign } = newSampleKey();
  const text = '{ "format": "greif-image/1" }\n';
  const signature = sign(text);
  t.is(signature, sign(text));
  t.regex(publicKey, /^[\w-]{43}$/);
  t.true(isSignedBy(publicKey, text, signature));
  t.false(isSignedBy(publicKey, `${text} `, signature));
  t.false(isSignedBy(newSampleKey().publicKey, text, signature));
  const flipped = Buffer.from(signature, 'base64url');
  flipped.writeUInt8(flipped.readUInt8(9) ^ 1, 9);
  t.false(isSignedBy(publicKey, text, flipped.toString('base64url')));
});

test('what is no key or no signature is a no, not an error', (t) => {
  const { publicKey, sign } = newSampleKey();
  for (const signature of ['', 'AAAA', 'not base64url!', `${sign('a')}AA`])
    t.false(isSignedBy(publicKey, 'a', signature));
  for (const key of ['', 'AAAA', '_'.repeat(43), '!'.repeat(43)]) t.false(isSignedBy(key, 'a', sign('a')));
});

/** RFC 8032 section 7.1, test 1: another implementation's signature. */
test('the empty text of RFC 8032', (t) => {
  const hex = (text: string) => Buffer.from(text, 'hex').toString('base64url');
  const key = hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
  const signature = hex(
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  );
  t.true(isSignedBy(key, '', signature));
});
