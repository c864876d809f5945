import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';

const answer = async (url: string, agent: Agent, localAddress: string): Promise<IncomingMessage> => {
  const [response] = (await once(get(url, { agent, localAddress }), 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`HTTP: ${url} answers ${response.statusCode}`);
  return response;
};

/** The script of a PC, and the kernel that it names, on one connection from the PC's own address. Throws when a byte is not as expected. */
export const fetchBoot = async (
  { address, scriptUrl }: { address: string; scriptUrl: string },
  expected: Buffer,
  onScript: () => void,
): Promise<void> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    let script = '';
    for await (const text of (await answer(scriptUrl, agent, address)).setEncoding('utf8')) script += text;
    onScript();
    const [, kernelUrl] = /^#!ipxe\n.*\nkernel (\S+) [^\n]*\bgreif\.token=/s.exec(script) ?? [];
    if (!kernelUrl) throw new Error('HTTP: the script boots no agent');
    let at = 0;
    for await (const part of await answer(kernelUrl, agent, address)) {
      const bytes = part as Buffer;
      if (bytes.compare(expected, at, at + bytes.length) !== 0) throw new Error('HTTP: a byte is wrong');
      at += bytes.length;
    }
    if (at !== expected.length) throw new Error(`HTTP: ${at} bytes of ${expected.length}`);
  } finally {
    agent.destroy();
  }
};
