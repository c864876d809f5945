import { z } from 'zod';
import { hostNameSchema, type Machine } from './machine.ts';
import { diskFactsSchema, type RemovalEvidence, wipedDiskSchema } from './order-evidence.ts';

const text = z.string().max(256);

/** What a certificate of removal says. */
export const removalStatementSchema = z.object({
  format: z.literal('greif-removal/1'),
  /** Whose terms `sanitization` uses. */
  standard: z.literal('NIST SP 800-88 Rev. 1'),
  order: z.number().int().positive(),
  machine: z.object({
    id: text,
    name: hostNameSchema,
    serial: text.optional(),
    uuid: text.optional(),
    manufacturer: text.optional(),
    product: text.optional(),
  }),
  disks: z.array(wipedDiskSchema).min(1),
  /** The PC's other disks: nothing is certified about them. */
  untouched: z.array(diskFactsSchema),
  filedAt: z.iso.datetime(),
  filedBy: text,
  startedAt: z.iso.datetime(),
  completedAt: z.iso.datetime(),
  agentVersion: text,
});

/** A statement, signed by the appliance. */
export const certificateSchema = z.object({
  /** The exact text that is signed: a `RemovalStatement` as JSON. */
  statement: z.string().max(1024 * 1024),
  /** Ed25519 over the statement's UTF-8 bytes, in base64url. */
  signature: z.string().max(128),
  /** Of the key that signed, in base64url. */
  publicKey: z.string().max(64),
});

export type RemovalStatement = z.infer<typeof removalStatementSchema>;
export type Certificate = z.infer<typeof certificateSchema>;

/** The appliance's own key. */
export interface Signer {
  publicKey(): string;
  /** Ed25519 over the UTF-8 bytes, in base64url. */
  sign(text: string): string;
}

/** Pure: what is certified of a machine whose disks an order wiped. */
export const removalStatement = (
  order: { id: number; filedAt: string; filedBy: string; claimedAt?: string | undefined },
  evidence: RemovalEvidence,
  { id, name, uuid, inventory: { smbios } }: Machine,
  completedAt: string,
): RemovalStatement => ({
  format: 'greif-removal/1',
  standard: 'NIST SP 800-88 Rev. 1',
  order: order.id,
  machine: { id, name, ...smbios, ...(uuid !== undefined && { uuid }) },
  disks: evidence.disks,
  untouched: evidence.untouched,
  filedAt: order.filedAt,
  filedBy: order.filedBy,
  startedAt: order.claimedAt ?? order.filedAt,
  completedAt,
  agentVersion: evidence.agentVersion,
});

export const certify = (statement: RemovalStatement, signer: Signer): Certificate => {
  const signed = JSON.stringify(statement, undefined, 2);
  return { statement: signed, signature: signer.sign(signed), publicKey: signer.publicKey() };
};
