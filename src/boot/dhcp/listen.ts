import type { RemoteInfo } from 'node:dgram';
import { asGreifError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Destination } from './destination.ts';
import { type DhcpRequest, readRequest } from './request.ts';
import { bindToInterface } from './socket.ts';

export interface Listener {
  close(): Promise<void>;
}

type Send = (bytes: Buffer, to: Destination) => void;
type Answer = (request: DhcpRequest, source: Destination, send: Send) => Promise<void>;

/**
 * Hands every DHCP request that comes in on the interface to `answer`. What cannot be read or answered costs
 * one line of the log and nothing else.
 */
export const listen = async (
  interfaceName: string,
  port: number,
  log: Log,
  answer: Answer,
): Promise<Listener> => {
  const socket = await bindToInterface(interfaceName, port);
  const send: Send = (bytes, to) =>
    socket.send(bytes, to.port, to.address, (error) => {
      if (error) log.warn('a DHCP reply could not be sent', { to: to.address, reason: error.message });
    });
  const onMessage = async (bytes: Buffer, source: RemoteInfo): Promise<void> => {
    try {
      await answer(readRequest(bytes), source, send);
    } catch (fault) {
      const { code, message, cause } = asGreifError(fault);
      if (code === 'BAD_REQUEST')
        log.warn('a DHCP packet was dropped', { from: source.address, reason: message });
      else log.error('a DHCP request was not answered', { reason: message, cause: String(cause ?? '') });
    }
  };
  socket.on('message', onMessage);
  socket.on('error', (error) =>
    log.error('the DHCP socket failed', { interfaceName, reason: error.message }),
  );
  return { close: () => new Promise((resolve) => socket.close(resolve)) };
};
