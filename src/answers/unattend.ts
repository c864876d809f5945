import type { Machine } from '../fleet/machine.ts';
import { type MachineValues, machineValues } from './machine-values.ts';
import { xml } from './syntaxes/xml.ts';
import { type AnswerTemplate, builtInTemplate, checked, ofFormat, renderTemplate } from './template.ts';
import { checkUnattend } from './xml-check.ts';

/** What a template may name. */
export interface AnswerValues {
  computer_name: string;
  host_name: string;
  /** `name@version`. */
  image: string;
  order: { id: number };
  machine: MachineValues;
}

export const valuesFor = (
  machine: Machine,
  order: { id: number; image: string; hostName: string },
): AnswerValues => ({
  computer_name: order.hostName,
  host_name: order.hostName,
  image: order.image,
  order: { id: order.id },
  machine: machineValues(machine),
});

/**
 * The answer file for one imaged PC. Without a template of the administrator's: the computer's name, and the questions of the first
 * start that have one answer in a managed room. Throws TEMPLATE_INVALID with the line and the name that is wrong, ANSWER_VALUE_UNFIT.
 */
export const renderUnattend = (
  values: AnswerValues,
  template: AnswerTemplate = builtInTemplate('unattend'),
): string =>
  checked(template, renderTemplate(xml, ofFormat(template, 'unattend'), { ...values }), checkUnattend);

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
