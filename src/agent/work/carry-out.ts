import type { ClaimedWork, Evidence } from '../../api/contract/agent.ts';
import { capture } from './capture.ts';
import { deploy } from './deploy.ts';
import { finishInstall } from './install.ts';
import type { OrderTools } from './tools.ts';
import { wipe } from './wipe.ts';

/** One order from its claim to its evidence, by its kind. Throws coded errors. */
export const carryOut = (claimed: ClaimedWork, tools: OrderTools): Promise<Evidence> => {
  switch (claimed.kind) {
    case 'deploy':
      return deploy(claimed, tools);
    case 'capture':
      return capture(claimed, tools);
    case 'removal':
      return wipe(claimed, tools);
    case 'install':
      return finishInstall(claimed, tools);
  }
};
