import test from 'ava';
import { GreifError } from '../../src/core/errors.ts';
import { startAll } from '../../src/core/start-all.ts';

const recorder = () => {
  const done: string[] = [];
  const service = (name: string) => async () => {
    done.push(`${name} started`);
    return { close: async () => void done.push(`${name} closed`) };
  };
  const broken = (name: string) => async () => {
    throw new GreifError('PORT_UNAVAILABLE', `${name} cannot be opened`);
  };
  return { done, service, broken };
};

test('services stop in the reverse order of their start', async (t) => {
  const { done, service } = recorder();
  const all = await startAll([service('tftp'), service('dhcp')]);
  await all.close();
  t.deepEqual(done, ['tftp started', 'dhcp started', 'dhcp closed', 'tftp closed']);
});

test('every fault is told at once, a line each, and nothing is left running', async (t) => {
  const { done, service, broken } = recorder();
  const starting = startAll([broken('port 69'), service('http'), broken('port 67')]);
  const error = await t.throwsAsync(starting, { instanceOf: GreifError, code: 'PORT_UNAVAILABLE' });
  t.is(error.message, 'port 69 cannot be opened\nport 67 cannot be opened');
  t.deepEqual(done, ['http started', 'http closed']);
});

test('a fault that several parts meet is told once', async (t) => {
  const { broken } = recorder();
  const starting = startAll([broken('eth7'), broken('eth7'), broken('port 67')]);
  const error = await t.throwsAsync(starting, { instanceOf: GreifError });
  t.is(error.message, 'eth7 cannot be opened\nport 67 cannot be opened');
});
