import type { ClaimedCapture } from '../../api/contract/agent.ts';
import { GreifError } from '../../core/errors.ts';
import type { CaptureEvidence } from '../../fleet/order-evidence.ts';
import type { OrderTools } from './tools.ts';

/** Not there yet: the order fails and says so. */
export const capture = async (_claimed: ClaimedCapture, _tools: OrderTools): Promise<CaptureEvidence> => {
  throw new GreifError('UNSUPPORTED', 'this agent cannot capture a disk yet: update the appliance');
};
