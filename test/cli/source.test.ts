import path from 'node:path';
import test from 'ava';
import { startAppliance } from '../api/appliance.ts';
import { temporaryFolder } from '../image/temporary-folder.ts';
import { makeIso, writeFiles } from '../sources/media.ts';
import { greif } from './greif.ts';

test('source: an ISO is imported, listed, shown and removed; what cannot be is refused', async (t) => {
  const appliance = await startAppliance();
  t.teardown(appliance.close);
  const folder = await temporaryFolder(t);
  await writeFiles(path.join(folder, 'tree'), {
    '.treeinfo':
      '[general]\nfamily = Rocky Linux\nversion = 9.4\narch = x86_64\n[images-x86_64]\nkernel = images/pxeboot/vmlinuz\ninitrd = images/pxeboot/initrd.img\n',
    'images/pxeboot/vmlinuz': 'kernel',
    'images/pxeboot/initrd.img': 'initrd',
  });
  const iso = path.join(folder, 'rocky.iso');
  await makeIso(path.join(folder, 'tree'), iso, '-V', 'Rocky-9-4-x86_64-dvd');
  t.is(
    (await greif(appliance, 'source', 'list')).out,
    'No installer sources yet: greif source import NAME FILE takes one.\n',
  );
  const imported = await greif(appliance, 'source', 'import', 'rocky-9', iso);
  t.is(imported.status, 0, imported.err);
  t.regex(imported.out, /^system: +rhel 9\.4$/m);
  t.regex((await greif(appliance, 'source', 'list')).out, /^rocky-9 +rhel +9\.4 +x64 +iso +3 /m);
  const shown = (await greif(appliance, 'source', 'show', 'rocky-9')).out;
  t.regex(shown, /^kernel: +images\/pxeboot\/vmlinuz$/m);
  t.regex(shown, /^initrd: +images\/pxeboot\/initrd\.img$/m);
  t.regex(shown, /^SHA-256: +[0-9a-f]{64}$/m);

  const told = [
    '--system',
    'arch',
    '--kernel',
    'images/pxeboot/vmlinuz',
    '--initrd',
    'images/pxeboot/initrd.img',
  ];
  t.is(
    (await greif(appliance, 'source', 'import', 'own', folder, ...told)).status,
    1,
    'paths count from the root',
  );
  t.is((await greif(appliance, 'source', 'import', 'own', path.join(folder, 'tree'), ...told)).status, 0);
  t.like(await appliance.client.getSource({ params: { source: 'own' } }), { system: 'arch', kind: 'folder' });
  const none = await greif(appliance, 'source', 'import', 'x', path.join(folder, 'none.iso'));
  t.is(none.status, 1);
  t.regex(none.err, /ENOENT/);
  t.is((await greif(appliance, 'source', 'import', 'Name!', iso)).status, 2);
  t.is((await greif(appliance, 'source', 'remove', 'own')).out, 'own is removed\n');
  t.regex((await greif(appliance, 'source', 'show', 'own')).err, /greif source list/);
});
