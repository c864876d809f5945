import { dialectSchema } from './api/contract/dhcp.ts';
import { defaultUrl } from './cli/session.ts';
import type { Config } from './config.ts';

/** Without our DHCP another server has to name us. */
const adviceHint = (name: string, option: string): string =>
  `The DHCP server of ${name} must send PCs here. What to set on it: npx greif dhcp advise --interface ${name} --for ${dialectSchema.options.join('|')}${option}`;

/** What the operator reads once everything is up. */
export const welcome = ({ interfaces, admin }: Config): string => {
  const adminUrl = `http://${admin.host}:${admin.port}`;
  const option = adminUrl === defaultUrl ? '' : ` --url ${adminUrl}`;
  const served = interfaces.map(({ name, dhcp }) => `${name} (DHCP: ${dhcp})`).join(', ');
  return [
    `Greif is up. API: ${adminUrl}/api/v1 (description: ${adminUrl}/api/v1/openapi.json)`,
    served
      ? `Serving PCs on ${served}. Next: switch a PC on and see it with "npx greif machine list${option}".`
      : 'No interface is configured, so no DHCP is answered and no network is disturbed. ' +
        'Next: npm start -- --interface eth1 --dhcp proxy|server|off, or npm run lab for a virtual PC.',
    ...interfaces.filter(({ dhcp }) => dhcp === 'off').map(({ name }) => adviceHint(name, option)),
    '',
  ].join('\n');
};
