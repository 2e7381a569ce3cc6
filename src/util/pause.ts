const cell = new Int32Array(new SharedArrayBuffer(4))

/** Blocks this thread for `ms` milliseconds (fractions count). For synchronous calls that must wait; nothing else. */
export function pause(ms: number): void {
  Atomics.wait(cell, 0, 0, ms)
}
