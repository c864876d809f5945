import { scriptUrl } from '../loader.ts';
import type { BootClient, BootPlan } from '../plan.ts';
import type { PlannedBoot } from '../ports.ts';
import type { ScriptSite } from './agent-arguments.ts';

const menuSeconds = 10;

const agentItem: Record<BootPlan['kind'], string> = {
  agent: "The agent, which carries out this PC's order",
  install: "The installer of this PC's order",
  discover: 'The agent, which reports the hardware and waits for an order',
  'local-disk': 'The agent, which reports the hardware and waits for an order',
};

/**
 * iPXE's menu for a person at the PC, around the script of each choice. What is planned is taken when nobody chooses. Nothing can be chosen that writes to the
 * disk, but the order that is due anyway: an agent without an order waits, and an order that is passed over stays.
 */
export const renderMenu = (
  client: BootClient,
  { plan }: PlannedBoot,
  { serverUrl }: ScriptSite,
  script: { disk: readonly string[]; agent: readonly string[] },
): string[] => {
  const planned = plan.kind === 'local-disk' ? 'disk' : 'agent';
  return [
    `menu Greif: ${client.mac}`,
    "item disk This PC's own disk",
    `item agent ${agentItem[plan.kind]}`,
    `choose --default ${planned} --timeout ${1000 * menuSeconds} choice || set choice ${planned}`,
    `goto \${choice}`,
    ':disk',
    ...script.disk,
    ':agent',
    // No token was issued for a PC that is to start from its disk.
    ...(plan.kind === 'local-disk'
      ? [`chain --replace ${scriptUrl(client, serverUrl)}&agent=yes`]
      : script.agent),
  ];
};
