import { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import { extract } from 'tar-stream';
import { ArchiveFault, mergeLayers } from '../../../src/image/build/merge-layers.ts';
import { type Entry, file, folder, link, tar } from './archive.ts';

/** name → its text, or what it is; throws when a name comes twice. */
const merged = async (...layers: Entry[][]): Promise<Record<string, string>> => {
  const archives = await Promise.all(layers.map(tar));
  const pieces: Buffer[] = [];
  const into = new Writable({
    write(piece, _, done) {
      pieces.push(piece);
      done();
    },
  });
  await mergeLayers(
    archives.map((bytes) => () => Readable.from([bytes])),
    into,
  );
  const reader = extract();
  Readable.from([Buffer.concat(pieces)]).pipe(reader as unknown as Writable);
  const found: Record<string, string> = {};
  for await (const entry of reader) {
    const { name, type, linkname, mode } = entry.header;
    const text = (await buffer(entry as unknown as Readable)).toString();
    if (name in found) throw new Error(`${name} comes twice`);
    found[name] = type === 'file' ? text : type === 'directory' ? mode.toString(8) : `${type} ${linkname}`;
  }
  return found;
};

test('an upper layer replaces, hides and adds', async (t) => {
  t.deepEqual(
    await merged(
      [
        folder('etc'),
        file('etc/a'),
        file('etc/b'),
        folder('var'),
        file('var/old'),
        folder('opt'),
        file('opt/x'),
      ],
      [
        folder('etc', 0o700),
        file('etc/b', 'new'),
        file('etc/.wh.a', ''),
        file('var/.wh..wh..opq', ''),
        file('var/new'),
      ],
      [file('.wh.opt', ''), file('etc/a', 'again')],
    ),
    { etc: '700', 'etc/b': 'new', var: '755', 'var/new': 'var/new', 'etc/a': 'again' },
  );
});

test('a file in place of a folder hides what was in the folder, and the reverse', async (t) => {
  t.deepEqual(
    await merged(
      [folder('a'), file('a/below'), file('b')],
      [file('a', 'file'), folder('b'), file('b/below')],
    ),
    { a: 'file', b: '755', 'b/below': 'b/below' },
  );
});

test('names lead through the links of the layers below, within the root', async (t) => {
  t.deepEqual(
    await merged(
      [
        folder('usr/lib'),
        link('lib', 'usr/lib'),
        link('abs', '/usr/lib'),
        link('up', '../../usr'),
        file('usr/lib/old'),
      ],
      [
        file('lib/new'),
        file('abs/other'),
        file('up/lib/old', 'newer'),
        { name: 'hard', type: 'link', linkname: 'lib/new' },
      ],
    ),
    {
      'usr/lib': '755',
      lib: 'symlink usr/lib',
      abs: 'symlink /usr/lib',
      up: 'symlink ../../usr',
      'usr/lib/new': 'lib/new',
      'usr/lib/other': 'abs/other',
      'usr/lib/old': 'newer',
      hard: 'link usr/lib/new',
    },
  );
});

test('a link out of the root is followed within it, in one layer too', async (t) => {
  const found = await merged([link('evil', '/etc'), file('evil/passwd', 'x')]);
  t.deepEqual(found, { evil: 'symlink /etc', 'etc/passwd': 'x' });
});

test('names that climb out, and links in circles, are refused', async (t) => {
  await t.throwsAsync(merged([file('a/../../etc/passwd')]), {
    instanceOf: ArchiveFault,
    message: /leaves it/,
  });
  await t.throwsAsync(merged([link('a', 'b'), link('b', 'a'), file('a/x')]), {
    instanceOf: ArchiveFault,
    message: /in circles/,
  });
});

test('long names and large files come through', async (t) => {
  const name = `${'d'.repeat(120)}/${'f'.repeat(150)}`;
  const text = 'ä'.repeat(1_000_000);
  t.deepEqual(await merged([file(name, text)]), { [name]: text });
});

test('a damaged archive is an error', async (t) => {
  const bytes = await tar([file('a', 'x'.repeat(5000))]);
  bytes.fill(0xff, 0, 100);
  const reading = mergeLayers(
    [() => Readable.from([bytes])],
    new Writable({ write: (_p, _e, done) => done() }),
  );
  await t.throwsAsync(reading);
});
