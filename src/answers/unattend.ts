import { XmlDocument } from 'libxml2-wasm';
import { Liquid } from 'liquidjs';
import { GreifError } from '../core/errors.ts';
import type { Machine } from '../fleet/machine.ts';

/** What a template may name. */
export interface AnswerValues {
  computer_name: string;
  host_name: string;
  /** `name@version`. */
  image: string;
  order: { id: number };
  machine: {
    name: string;
    room: string;
    serial: string;
    manufacturer: string;
    product: string;
    uuid: string;
    macs: string[];
  };
}

export const valuesFor = (
  machine: Machine,
  order: { id: number; image: string; hostName: string },
): AnswerValues => {
  const { smbios } = machine.inventory;
  return {
    computer_name: order.hostName,
    host_name: order.hostName,
    image: order.image,
    order: { id: order.id },
    machine: {
      name: machine.name,
      room: machine.room ?? '',
      serial: smbios.serial ?? '',
      manufacturer: smbios.manufacturer ?? '',
      product: smbios.product ?? '',
      uuid: machine.uuid ?? '',
      macs: machine.macs,
    },
  };
};

/**
 * Without a template of the administrator's: the computer's name, and the questions of the first start that have one answer in a
 * managed room. Accounts, languages and keys are those of the image.
 */
export const plainTemplate = `<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
{%- assign architectures = "amd64,arm64,x86" | split: "," %}
  <settings pass="specialize">
{%- for architecture in architectures %}
    <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="{{ architecture }}" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
      <ComputerName>{{ computer_name }}</ComputerName>
    </component>
{%- endfor %}
  </settings>
  <settings pass="oobeSystem">
{%- for architecture in architectures %}
    <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="{{ architecture }}" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
      <OOBE>
        <HideEULAPage>true</HideEULAPage>
        <HideOnlineAccountScreens>true</HideOnlineAccountScreens>
        <HideWirelessSetupInOOBE>true</HideWirelessSetupInOOBE>
        <ProtectYourPC>3</ProtectYourPC>
      </OOBE>
    </component>
{%- endfor %}
  </settings>
</unattend>
`;

/** A template cannot read files, and what it puts out is escaped for XML; an unknown name is an error, never an empty string. */
const engine = new Liquid({
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  outputEscape: 'escape',
  templates: {},
  renderLimit: 1000,
  memoryLimit: 10_000_000,
  parseLimit: 1_000_000,
});

/** More than any answer file; it goes to the PC with the order. */
const answerAtMost = 256 * 1024;
const unattendNamespace = 'urn:schemas-microsoft-com:unattend';

const invalid = (name: string, reason: string, cause?: unknown): GreifError =>
  new GreifError('TEMPLATE_INVALID', `the template ${name} cannot be used: ${reason}`, { cause });

/** Throws TEMPLATE_INVALID unless it is an answer file's XML; document types, and with them entities, are refused. */
const assertUnattend = (name: string, xml: string): void => {
  if (xml.length > answerAtMost)
    throw invalid(name, `it makes an answer file of more than ${answerAtMost} bytes`);
  if (/<!DOCTYPE/i.test(xml)) throw invalid(name, 'an answer file has no document type');
  let document: XmlDocument | undefined;
  try {
    document = XmlDocument.fromString(xml);
    if (document.root.name !== 'unattend' || document.root.namespaceUri !== unattendNamespace)
      throw invalid(name, `its root is not <unattend xmlns="${unattendNamespace}">`);
  } catch (error) {
    if (error instanceof GreifError) throw error;
    throw invalid(name, error instanceof Error ? error.message.trim() : String(error), error);
  } finally {
    document?.dispose();
  }
};

/** The answer file for one PC. Throws TEMPLATE_INVALID with the line and the name that is wrong. */
export const renderUnattend = (
  values: AnswerValues,
  template: { name: string; text: string } = { name: 'of Greif', text: plainTemplate },
): string => {
  let xml: string;
  try {
    xml = engine.parseAndRenderSync(template.text, values);
  } catch (cause) {
    throw invalid(
      template.name,
      cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause),
      cause,
    );
  }
  assertUnattend(template.name, xml);
  return xml;
};

/** For a template that is taken in: every name that there can be, with a value that needs escaping. */
export const sampleValues: AnswerValues = {
  computer_name: 'pc-1',
  host_name: 'pc-1',
  image: 'windows-11@1',
  order: { id: 1 },
  machine: {
    name: 'pc-1',
    room: 'R1 & <R2>',
    serial: '"\'',
    manufacturer: 'M',
    product: 'P',
    uuid: '00000000-0000-4000-8000-000000000000',
    macs: ['52:54:00:00:00:01'],
  },
};
