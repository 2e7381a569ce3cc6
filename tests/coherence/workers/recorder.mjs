// Writes what a client does into its log; see ../record.mjs.
import { closeSync, openSync, writeSync } from 'node:fs'
import { code, fields } from '../record.mjs'

/** Reads that may wait in memory: a client that is killed takes them along, which only makes the check weaker. */
const mostWaiting = 1_024

export class Recorder {
  /** Records since the log was opened. */
  count = 0
  #operation = 0
  /** For each object the row of equal reads that goes on. */
  #runs = []
  #log
  #used = 0
  #waiting = new Float64Array(mostWaiting * fields.length)
  #origin

  /** @param origin a moment of the clock that all processes share: the numbers stay exact. */
  constructor(origin) {
    this.#origin = BigInt(origin)
  }

  /** Nanoseconds since the origin. */
  now() {
    return Number(process.hrtime.bigint() - this.#origin)
  }

  open(path) {
    this.#log = openSync(path, 'a', 0o600)
    this.count = 0
  }

  close() {
    for (const [object, run] of this.#runs.entries()) this.#endRun(object, run)
    this.flush()
    closeSync(this.#log)
    this.#log = undefined
  }

  /** The number of the next call. */
  next() {
    this.#operation += 1
    return this.#operation
  }

  /**
   * A read that has ended; not written at once. Of many in a row that found the same, only the first and the last are: a value
   * is written once, so it was there all the time between them. `result` says for how many the last one stands.
   */
  read(object, expect, second, start, end, wallStart, wallEnd) {
    const run = this.#runOf(object)
    if (expect === run.expect && expect !== 0 && Number.isNaN(second)) {
      run.count += 1
      run.start = start
      run.end = end
      run.wallStart = wallStart
      run.wallEnd = wallEnd
      return
    }
    this.#endRun(object, run)
    if (Number.isNaN(second)) run.expect = expect
    this.#addRead(object, expect, second, 1, { start, end, wallStart, wallEnd })
  }

  /** Something that has ended and changed nothing. */
  observed(part, times) {
    this.#part(this.next(), part, times)
  }

  /** What is about to happen: durable when this returns, whatever happens to the process. */
  intend(operation, parts, start, wallStart) {
    for (const part of parts) this.#part(operation, part, { start, end: Number.NaN, wallStart })
    this.flush()
  }

  /** What has happened. Durable too: otherwise a killed client would leave many open questions. */
  ended(operation, parts, times) {
    for (const part of parts) this.#part(operation, part, times)
    this.flush()
  }

  flush() {
    if (this.#used === 0) return
    writeSync(this.#log, new Uint8Array(this.#waiting.buffer, 0, this.#used * 8))
    this.#used = 0
  }

  #runOf(object) {
    for (let next = this.#runs.length; next <= object; next += 1)
      this.#runs.push({ expect: 0, count: 0, start: 0, end: 0, wallStart: 0, wallEnd: 0 })
    return this.#runs[object]
  }

  /** Writes the last read of a row of equal ones. */
  #endRun(object, run) {
    if (run.count > 0) this.#addRead(object, run.expect, Number.NaN, run.count, run)
    run.count = 0
    run.expect = 0
  }

  #addRead(object, expect, second, count, { start, end, wallStart, wallEnd }) {
    const [none, operation] = [Number.NaN, this.next()]
    this.#add(
      code.read,
      operation,
      object,
      expect,
      second,
      count,
      none,
      0,
      none,
      start,
      end,
      wallStart,
      wallEnd,
    )
  }

  #part(operation, part, { start, end, wallStart, wallEnd = Number.NaN }) {
    this.#add(
      part.code,
      operation,
      part.object,
      part.expect ?? Number.NaN,
      part.second ?? Number.NaN,
      part.result ?? Number.NaN,
      part.written ?? Number.NaN,
      part.tags ?? 0,
      part.expires ?? Infinity,
      start,
      end,
      wallStart,
      wallEnd,
    )
  }

  #add(...record) {
    if (this.#used === this.#waiting.length) this.flush()
    this.#waiting.set(record, this.#used)
    this.#used += fields.length
    this.count += 1
  }
}
