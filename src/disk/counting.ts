import { HoldfastError } from '../contracts/errors.ts'
import { type Duration, parseDuration } from '../util/duration.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'
import type { Engine } from './engine.ts'
import { defaultSetOptions } from './set-options.ts'
import type { StoredKey } from './stored-key.ts'

/** Options of `incr` and `decr`. */
export interface CountOptions {
  /** What an absent counter starts from, before the delta is added. @default 0 */
  readonly initial?: number | undefined
  /** A new life time. @default an existing counter keeps its own, a new one gets the store's */
  readonly ttl?: Duration | undefined
}

/** Adds `delta` to the number under `key`. @returns the new number. */
export function addToCounter(
  engine: Engine,
  what: 'incr' | 'decr',
  key: StoredKey,
  delta: unknown,
  options: CountOptions = {},
): number {
  checkOptionNames(what, options, engine.shape.kind === 'index' ? ['initial'] : ['initial', 'ttl'])
  if (typeof delta !== 'number' || !Number.isFinite(delta))
    throw invalidOption('delta', delta, 'a finite number')
  const { initial = 0 } = options
  if (typeof initial !== 'number' || !Number.isFinite(initial))
    throw invalidOption('initial', initial, 'a finite number')
  const ttl = options.ttl === undefined ? undefined : parseDuration('ttl', options.ttl)
  const { now, reader, transactions, writer } = engine
  return transactions.write(what, () => {
    const found = reader.find(key)
    const change = what === 'decr' ? -delta : delta
    const sum = addExactly(found === undefined ? initial : found.value, change)
    const options = defaultSetOptions(ttl ?? engine.options.ttl, now())
    writer.using(what, key, engine.format.encode(sum), (prepared) =>
      writer.replaceValue(what, key, prepared, { ...options, wasLive: found !== undefined, ttl }),
    )
    return sum
  })
}

function addExactly(value: unknown, delta: number): number {
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new HoldfastError(
      'ERR_NOT_A_NUMBER',
      'The stored value is not a number. It was left as it is; use update() for other values.',
    )
  }
  const sum = value + delta
  if (Math.abs(sum) <= Number.MAX_SAFE_INTEGER && Math.abs(value) <= Number.MAX_SAFE_INTEGER)
    return sum
  throw new HoldfastError(
    'ERR_COUNTER_RANGE',
    `This would make a number beyond ±(2^53 - 1), where counting is not exact. The counter was left as it is; keep larger ones as bigint with update().`,
  )
}
