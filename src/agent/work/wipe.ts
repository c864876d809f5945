import type { ClaimedRemoval } from '../../api/contract/agent.ts';
import { GreifError } from '../../core/errors.ts';
import type { RemovalEvidence } from '../../fleet/order-evidence.ts';
import type { OrderTools } from './tools.ts';

/** Not there yet: the order fails and says so. */
export const wipe = async (_claimed: ClaimedRemoval, _tools: OrderTools): Promise<RemovalEvidence> => {
  throw new GreifError('UNSUPPORTED', 'this agent cannot wipe a disk yet: update the appliance');
};
