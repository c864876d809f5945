import type { CheckedIn, ClaimedDeploy, OrderStatus } from '../../src/api/contract/agent.ts';
import type { Inventory } from '../../src/fleet/inventory.ts';
import type { DeployEvidence, Evidence } from '../../src/fleet/order-evidence.ts';
import { evidence, inventory } from '../fleet/samples.ts';
import type { Appliance } from './appliance.ts';

export interface Answer<T> {
  status: number;
  body: T & { error?: { code: string; message: string; details?: unknown } };
}

/** Plain HTTP, as an agent or a stranger sends it. */
export const send = async <T>(
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<T>> => {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
};

/** An agent as far as the API sees it: one start on one PC. */
export const startAgent = async (appliance: Appliance, mac: string, has: Inventory = inventory([mac])) => {
  const { token, bootId } = await appliance.powerOn(mac);
  const request = { token, agentBootId: `boot-${bootId}`, agentVersion: '0.1.0', inventory: has };
  const url = `${appliance.agent}/agent/v1`;
  const checkIn = (over: object = {}) => send<CheckedIn>(`${url}/check-in`, { ...request, ...over });
  const { body: checkedIn } = await checkIn();
  const headers = { authorization: `Bearer ${checkedIn.session}` };
  return {
    url,
    bootId,
    headers,
    checkedIn,
    checkIn,
    claim: (waitSeconds = 0) => send<ClaimedDeploy>(`${url}/claim`, { waitSeconds }, headers),
    progress: (id: number, stage: string, doneBytes = 43, totalBytes = 100) =>
      send<OrderStatus>(`${url}/orders/${id}/progress`, { stage, doneBytes, totalBytes }, headers),
    complete: (id: number, proof: Evidence) =>
      send<OrderStatus>(`${url}/orders/${id}/complete`, proof, headers),
    fail: (id: number, failure: object) => send<OrderStatus>(`${url}/orders/${id}/fail`, failure, headers),
  };
};

/** Evidence that fits an order claimed from the memory catalogue. */
export const proofFor = ({ manifestDigest }: ClaimedDeploy): DeployEvidence => evidence({ manifestDigest });
