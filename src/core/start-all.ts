import { asGreifError, GreifError } from './errors.ts';

/** Something that runs until it is closed. */
export interface Service {
  close(): Promise<void>;
}

/** Several faults as one error: the first one's code, and a line for each that is not said yet. */
export const joinFaults = (faults: readonly GreifError[]): GreifError => {
  const [first = new GreifError('INTERNAL', 'nothing failed')] = faults;
  if (faults.length === 1) return first;
  const lines = new Set(faults.flatMap(({ message }) => message.split('\n')));
  return new GreifError(first.code, [...lines].join('\n'), { cause: first });
};

/**
 * Starts one after the other, the rest also after one has failed, so that the operator is told every fault at once. All run or none: after a fault
 * those that started are closed, and what is thrown has the first fault's code and one line a fault. Closing goes in the reverse order.
 */
export const startAll = async (starters: readonly (() => Promise<Service>)[]): Promise<Service> => {
  const running: Service[] = [];
  const faults: GreifError[] = [];
  for (const start of starters)
    await start().then(
      (service) => running.push(service),
      (thrown: unknown) => faults.push(asGreifError(thrown)),
    );
  const close = async (): Promise<void> => {
    for (const service of running.toReversed()) await service.close();
  };
  if (faults.length === 0) return { close };
  await close();
  throw joinFaults(faults);
};
