import test from 'ava';
import fc from 'fast-check';
import { XmlDocument } from 'libxml2-wasm';
import { renderUnattend, sampleValues } from '../../src/answers/unattend.ts';

const frame = (inner: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><unattend xmlns="urn:schemas-microsoft-com:unattend">${inner}</unattend>`;
const own = (text: string) => ({ name: 'mine', text });

test('the plain answer file names the computer, once a processor, each pass once', (t) => {
  const document = XmlDocument.fromString(renderUnattend(sampleValues));
  const ns = { u: 'urn:schemas-microsoft-com:unattend' };
  t.deepEqual(
    document.find('//u:ComputerName', ns).map((node) => node.content),
    ['pc-1', 'pc-1', 'pc-1'],
  );
  t.deepEqual(
    document.find('/u:unattend/u:settings/@pass', ns).map((node) => node.content),
    ['specialize', 'oobeSystem'],
  );
  document.dispose();
});

test('whatever a PC says of itself comes out as the same text', (t) => {
  const printable = fc
    .string({ unit: 'grapheme', maxLength: 80 })
    .map((text) => text.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ''));
  fc.assert(
    fc.property(printable, (serial) => {
      const values = { ...sampleValues, machine: { ...sampleValues.machine, serial } };
      const xml = renderUnattend(values, own(frame('<a b="{{ machine.serial }}">{{ machine.serial }}</a>')));
      const document = XmlDocument.fromString(xml);
      const [text, attribute] = [document.get('//*[@b]')?.content, document.get('//@b')?.content];
      document.dispose();
      return text === serial && attribute === serial;
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('a template that cannot be filled is an error that names what is wrong', (t) => {
  const fails = (text: string, message: RegExp): void => {
    t.throws(() => renderUnattend(sampleValues, own(text)), { code: 'TEMPLATE_INVALID', message }, text);
  };
  fails(frame('{{ product_key }}'), /template mine .*product_key/);
  fails(frame('{{ machine.asset_tag }}'), /asset_tag/);
  fails(frame('{{ machine.constructor }}'), /constructor/);
  fails(frame('{{ host_name | shout }}'), /shout/);
  fails(frame("{% include '/etc/passwd' %}"), /passwd/);
  fails(frame('<a>'), /a/);
  fails('<answers/>', /root/);
  fails('<unattend/>', /root/);
  fails(frame('{% for i in (1..100000000) %}x{% endfor %}'), /limit/);
  fails(`<!DOCTYPE unattend [<!ENTITY e SYSTEM "file:///etc/passwd">]>${frame('&e;')}`, /document type/);
});
