import type { Command } from 'commander';
import { GreifError } from '../core/errors.ts';
import { type Certificate, certificateSchema, type RemovalStatement } from '../fleet/certificate.ts';
import type { DiskFacts } from '../fleet/order-evidence.ts';
import { wipeText } from './evidence.ts';
import { facts, formatBytes, formatTime } from './format.ts';
import { verb } from './session.ts';
import { readText } from './text-file.ts';

const diskFacts = ({ id, model, serial, wwn, sizeBytes }: DiskFacts) =>
  [
    ['disk', id],
    ['model', model],
    ['serial number', serial],
    ['WWN', wwn],
    ['size', `${sizeBytes} bytes (${formatBytes(sizeBytes)})`],
  ] as const;

/** The certificate as it is printed and filed. */
const certificateText = (statement: RemovalStatement, { signature, publicKey }: Certificate): string => {
  const { machine, disks, untouched } = statement;
  return [
    `CERTIFICATE OF DATA REMOVAL (${statement.standard})`,
    '',
    facts([
      ['order', String(statement.order)],
      ['filed', `${formatTime(statement.filedAt)} by ${statement.filedBy}`],
      ['begun', formatTime(statement.startedAt)],
      ['completed', formatTime(statement.completedAt)],
      ['PC', machine.name],
      ['maker and model', [machine.manufacturer, machine.product].filter(Boolean).join(' ')],
      ['serial number', machine.serial],
      ['UUID', machine.uuid],
    ]),
    ...disks.flatMap((disk) => ['', facts([...diskFacts(disk), ['wiped by', wipeText(disk)]])]),
    ...untouched.flatMap((disk) => ['', 'NOT WIPED, and not certified:', facts(diskFacts(disk))]),
    '',
    facts([
      ['agent', statement.agentVersion],
      ['signature', signature],
      ['key', publicKey],
    ]),
  ].join('\n');
};

const readCertificate = async (file: string): Promise<Certificate> => {
  const text = await readText(file);
  try {
    return certificateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new GreifError(
      'CERTIFICATE_INVALID',
      `${file} is no certificate: give the file that "greif order certificate ORDER --json" made`,
      { cause },
    );
  }
};

/** `greif order certificate` */
export const addCertificateVerb = (
  order: Command,
  idOf: (text: string) => { params: { id: number } },
): void =>
  verb(
    order
      .command('certificate')
      .description('the signed certificate of a completed removal: to print, or with --json to keep')
      .argument('[order]')
      .option('--verify <file>', 'check a certificate that was kept as JSON'),
    async ({ client, show }, text: string | undefined, { verify }: { verify?: string }) => {
      if ((text === undefined) === (verify === undefined))
        throw new GreifError('BAD_REQUEST', 'name an order, or a file with --verify');
      const kept = verify === undefined ? undefined : await readCertificate(verify);
      const certificate = kept ?? (await client.getCertificate(idOf(text ?? '')));
      const checked = await client.checkCertificate({ body: certificate });
      const shown = () => certificateText(checked.statement, certificate);
      if (kept) show(checked, () => `${shown()}\n\ngenuine: signed by ${checked.signer}`);
      else show(certificate, shown);
      return 0;
    },
  );
