import { z } from 'zod';
import { type DiagnosisCode, diagnoses } from '../../boot/journal/diagnoses.ts';
import { stages, stepKinds } from '../../boot/journal/step.ts';
import { macSchema } from '../../fleet/inventory.ts';
import { orderStateSchema } from '../../fleet/order-states.ts';
import { named } from './named.ts';
import type { Route } from './route.ts';

const count = z.number().int().nonnegative();
const diagnosisCodes = Object.keys(diagnoses) as [DiagnosisCode, ...DiagnosisCode[]];
const arch = z.enum(['bios', 'uefi-ia32', 'uefi-x64', 'uefi-arm64']);

/** One thing that happened to a PC on its way from power-on to its disk. Fields are absent where they mean nothing or nobody knows. */
export const bootStepSchema = z.object({
  /** Its number within the boot, from 1. */
  n: z.number().int().positive(),
  at: z.iso.datetime(),
  /** Milliseconds since the boot's first step. */
  afterMs: z.number().int(),
  kind: z.enum(stepKinds),
  /** Who spoke: the firmware, a loader, our agent, or another system's DHCP client. */
  stage: z.enum(stages).optional(),
  interface: z.string().optional(),
  /** The PC's IPv4 address. */
  address: z.string().optional(),
  /** The DHCP server that a REQUEST names, when it is another one. */
  server: z.string().optional(),
  arch: arch.optional(),
  /** A boot file offered, or a file asked for. */
  file: z.string().optional(),
  sizeBytes: count.optional(),
  /** How long a transfer took, in milliseconds. */
  ms: count.optional(),
  plan: z.enum(['discover', 'agent', 'install', 'local-disk']).optional(),
  orderId: z.number().int().optional(),
  order: orderStateSchema.optional(),
  /** The boot session: this id is also in the log and in the order's history. */
  bootId: z.string().optional(),
  reason: z.string().optional(),
});

export const diagnosisSchema = z.object({
  /** A name of docs/troubleshooting.md. */
  code: z.enum(diagnosisCodes),
  verdict: z.enum(['fine', 'under-way', 'trouble']),
  title: z.string(),
  /** What of this PC shows it. */
  seen: z.string(),
  /** What to do. */
  remedy: z.string(),
});

export const bootSummarySchema = z.object({
  id: z.string(),
  mac: macSchema,
  /** The name of the machine that has this MAC. */
  machine: z.string().optional(),
  startedAt: z.iso.datetime(),
  lastAt: z.iso.datetime(),
  arch: arch.optional(),
  address: z.string().optional(),
  stepCount: count,
  diagnosis: diagnosisSchema,
});

export const bootTraceSchema = z.object({
  /** Absent for a PC of which no boot is known. */
  boot: bootSummarySchema
    .omit({ diagnosis: true })
    .extend({
      /** Steps that are missing in the middle because there were too many. */
      omitted: count,
      steps: z.array(bootStepSchema),
    })
    .optional(),
  diagnosis: diagnosisSchema,
});

export type BootStep = z.infer<typeof bootStepSchema>;
export type BootSummary = z.infer<typeof bootSummarySchema>;
export type BootTrace = z.infer<typeof bootTraceSchema>;
export type BootDiagnosis = z.infer<typeof diagnosisSchema>;

const pc = named('The PC: a MAC address, or the id or name of a machine');

export const bootRoutes = {
  listBoots: {
    method: 'get',
    path: '/boots',
    summary: 'Boots of one PC or of all, newest first, each with its diagnosis',
    query: z.object({
      pc: pc.optional(),
      limit: z.coerce.number().int().min(1).max(500).default(20),
    }),
    response: z.array(bootSummarySchema),
  },
  traceBoot: {
    method: 'get',
    path: '/boots/:pc/:boot',
    summary: 'A boot step by step, and why it went as it did; `waitSeconds` waits for a step after `after`',
    params: z.object({ pc, boot: named('The id of a boot of this PC, or `latest`') }),
    query: z.object({
      after: z.coerce
        .number()
        .int()
        .nonnegative()
        .default(0)
        .meta({ description: 'Only steps after this number' }),
      of: named('The boot that `after` was counted in; all steps of any other are answered').optional(),
      waitSeconds: z.coerce.number().min(0).max(60).default(0),
    }),
    response: bootTraceSchema,
  },
} as const satisfies Record<string, Route>;
