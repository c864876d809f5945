import { openSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import koffi from 'koffi';
import { c, lastError } from '../../../src/boot/network/libc.ts';
import { Poller } from '../../../src/boot/tftp/poller.ts';

/**
 * A process of its own: a cable between two tap devices, `near` and `far`, that delays every frame by so many milliseconds and loses so much of a hundred. What tc-netem does, for
 * kernels without it; and the kernel cuts a window into datagrams before it gives them to a tap, so each is lost by itself.
 */
const TUNSETIFF = 0x400454ca;
const IFF_TAP_NO_PI = 0x1002;
const ioctl = koffi.load(null).func('int ioctl(int fd, unsigned long request, void *argument)');

const openTap = (name: string): number => {
  const fd = openSync('/dev/net/tun', 'r+');
  const request = Buffer.alloc(40);
  request.write(name, 'latin1');
  request.writeUInt16LE(IFF_TAP_NO_PI, 16);
  if (ioctl(fd, TUNSETIFF, request) < 0) throw new Error(`tap ${name}: error ${lastError()}`);
  return fd;
};

const [delayMs = 0, lossPercent = 0] = process.argv.slice(2).map(Number);
const poller = new Poller();
const [near, far] = [openTap('near'), openTap('far')];
for (const fd of [near, far]) poller.add(fd);
const frame = Buffer.alloc(2048);
/** In the order of their time, as each waits equally long. */
const underWay: { due: number; to: number; bytes: Buffer }[] = [];
let first = 0;

const take = (fd: number): void => {
  const length = c.read(fd, frame, frame.length);
  if (length <= 0 || 100 * Math.random() < lossPercent) return;
  const bytes = Buffer.from(frame.subarray(0, length));
  underWay.push({ due: performance.now() + delayMs, to: fd === near ? far : near, bytes });
};

const deliver = (now: number): void => {
  for (let next = underWay[first]; next && next.due <= now; next = underWay[++first])
    c.write(next.to, next.bytes, next.bytes.length);
  if (first < 1000 && first < underWay.length) return;
  underWay.splice(0, first);
  first = 0;
};

process.stdout.write('ready\n');
for (;;) {
  // Sleeping is too coarse for what is under way.
  for (const fd of poller.wait(first < underWay.length ? 0 : 1000)) take(fd);
  deliver(performance.now());
}
