import type { BootDesk } from '../ports.ts';
import type { StepSink } from './ports.ts';

/** A desk whose plans are left in the boot journal. */
export const journaledDesk = (desk: BootDesk, journal: StepSink): BootDesk => ({
  async plan(client, serverUrl) {
    const boot = await desk.plan(client, serverUrl);
    const { mac, arch } = client;
    const { bootId, plan } = boot;
    const orderId = 'orderId' in plan ? plan.orderId : undefined;
    journal.note({ kind: 'plan', mac, arch, bootId, plan: plan.kind, orderId });
    return boot;
  },
});
