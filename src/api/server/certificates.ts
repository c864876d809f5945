import { GreifError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { type Certificate, type RemovalStatement, removalStatementSchema } from '../../fleet/certificate.ts';

/** The keys that this appliance trusts. */
export interface CertificateKeys {
  /** Who signed the text; `undefined`: nobody who is trusted. */
  signer(text: string, signature: string): { comment: string } | undefined;
}

const invalid = (problem: string): GreifError => new GreifError('CERTIFICATE_INVALID', problem);

/** Throws CERTIFICATE_INVALID. */
export const checkCertificate = (
  { statement, signature }: Certificate,
  keys: CertificateKeys,
): { statement: RemovalStatement; signer: string } => {
  const signer = keys.signer(statement, signature);
  if (!signer)
    throw invalid(
      'nobody whom this appliance trusts signed this: it was changed since, or comes from another appliance',
    );
  const said = removalStatementSchema.safeParse(parseJson(statement));
  if (!said.success) throw invalid('the signature is good, but what was signed is no certificate of removal');
  return { statement: said.data, signer: signer.comment };
};
