import { appendFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { GreifError } from '../core/errors.ts';

interface Waiter {
  pattern: RegExp;
  found(match: RegExpExecArray): void;
  ended(): void;
}

/** The text of one power-on as the PC's serial console printed it, without colours and cursor moves. */
export class SerialConsole {
  #text = '';
  #open = true;
  readonly #waiters = new Set<Waiter>();
  readonly #name: string;
  readonly #logFile: string;

  constructor(name: string, logFile: string) {
    this.#name = name;
    this.#logFile = logFile;
  }

  get text(): string {
    return this.#text;
  }

  lastLines(count: number): string {
    const lines = this.#text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
    return lines.slice(-count).join('\n');
  }

  receive(text: string): void {
    appendFileSync(this.#logFile, text);
    this.#text += stripVTControlCharacters(text);
    for (const waiter of [...this.#waiters]) this.#offer(waiter);
  }

  /** The PC was switched off: whoever still waits, waits in vain. */
  close(): void {
    this.#open = false;
    for (const waiter of [...this.#waiters]) waiter.ended();
  }

  /** Resolves with the first match in the text since power-on. Throws STEP_FAILED with the last lines after `timeoutMs`. */
  waitFor(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        settle();
        const said = `its last lines:\n${this.lastLines(15)}`;
        reject(new GreifError('STEP_FAILED', `${this.#name} ${why} before it printed ${pattern}; ${said}`));
      };
      const timer = setTimeout(() => fail(`ran for ${timeoutMs / 1000} s`), timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        pattern,
        found(match) {
          settle();
          resolve(match);
        },
        ended: () => fail('was switched off'),
      };
      this.#waiters.add(waiter);
      this.#offer(waiter);
      if (!this.#open && this.#waiters.has(waiter)) waiter.ended();
    });
  }

  #offer(waiter: Waiter): void {
    const match = waiter.pattern.exec(this.#text);
    if (match) waiter.found(match);
  }
}
