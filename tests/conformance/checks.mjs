// Collects what a script finds, and says it in one line of JSON at the end.

import {webcrypto} from 'node:crypto';
import {isDeepStrictEqual} from 'node:util';

// Debian 12's Node 18 has it, but not where Polymarket's client looks for it.
globalThis.crypto ??= webcrypto;

export class Checks {
  #passed = 0;
  #failures = [];

  ok(what, condition, seen) {
    if (condition) {
      this.#passed += 1;
    } else if (!this.#failures.some((known) => isDeepStrictEqual(known, {what, seen}))) {
      this.#failures.push({what, seen});
    }
  }

  equal(what, actual, expected) {
    this.ok(what, isDeepStrictEqual(actual, expected), {actual, expected});
  }

  /// What a promise ends in, as a check: it must be an error that `judge` accepts.
  async refused(what, promise, judge) {
    try {
      this.ok(what, false, {answered: (await promise)?.data});
    } catch (error) {
      const seen = {
        status: error.response?.status ?? error.status,
        body: error.response?.data ?? error.data ?? error.message
      };
      this.ok(what, judge(seen), seen);
    }
  }

  /// Runs `body`; whatever it throws is a failure with its place.
  async run(body) {
    try {
      await body();
    } catch (error) {
      const seen = {status: error.response?.status, body: error.response?.data, stack: error.stack};
      this.#failures.push({what: 'the script ran to its end', seen});
    }
    console.log(JSON.stringify({passed: this.#passed, failures: this.#failures}, writable));
    // Not exit(): standard output to a pipe is asynchronous.
    process.exitCode = this.#failures.length === 0 && this.#passed > 0 ? 0 : 1;
  }
}

const writable = (_, value) => (typeof value === 'bigint' ? value.toString() : value);

/// "12.3456" in millionths, exactly. Throws for what is no plain decimal.
export function micros(text) {
  const parts = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(text);
  if (parts === null) {
    throw new Error(`${JSON.stringify(text)} is no decimal of six places`);
  }
  const value = BigInt(parts[2]) * 1_000_000n + BigInt((parts[3] ?? '').padEnd(6, '0'));
  return parts[1] === '-' ? -value : value;
}

/// Waits until `condition` holds; false if it does not within `patience_ms`.
export async function eventually(condition, patience_ms = 15_000) {
  for (const deadline = Date.now() + patience_ms; Date.now() < deadline;) {
    if (await condition()) {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

export async function control(origin, call, body) {
  const answer =
    await fetch(`${origin}${call}`, body && {method: 'POST', body: JSON.stringify(body)});
  if (!answer.ok) {
    throw new Error(`${call} answered ${answer.status}`);
  }
  return answer.json();
}
