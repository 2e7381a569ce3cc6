import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  asyncThreshold,
  compress,
  compressAsync,
  decompress,
  decompressAsync,
} from '../../src/frame/compression.ts'
import { finishLater, finishNow, type Job, run } from '../../src/frame/compression-steps.ts'
import { isEqual, noise, usableNames, use, waves, words } from './compression-support.ts'

/** How often the event loop comes round before `work` is done. */
async function turnsDuring(work: () => unknown): Promise<number> {
  let turns = 0
  let isDone = false
  const finished = Promise.resolve(work()).finally(() => {
    isDone = true
  })
  while (!isDone) {
    await turn()
    turns += 1
  }
  await finished
  return turns
}

/** Chunks of one value that are in the thread pool at a time. */
const atOnce = 3

describe.each(usableNames)('%s', (name) => {
  // As small as chunks can be and still go to the thread pool.
  const chunkBytes = 2 * asyncThreshold
  const chunks = 48
  const raw = waves(chunks * chunkBytes, 8)
  const settings = use(name, name === 'gzip' ? { level: 1 } : {})

  /*
   * However quick the pool is, the event loop hears of what it has done once a turn, and only then is more handed over: of 48
   * chunks, three at a time, there cannot be fewer than 16 turns. With anything done on this thread there are.
   */
  it('leaves the event loop to others meanwhile', async () => {
    const stored = compress(raw, 8, settings, chunkBytes)
    if (stored === undefined) throw new Error('was not compressed')
    const { algorithm, bytes, rawSize } = stored
    expect(await turnsDuring(() => compress(raw, 8, settings, chunkBytes))).toBeLessThanOrEqual(1)
    expect(
      await turnsDuring(() => compressAsync(raw, 8, settings, false, chunkBytes)),
    ).toBeGreaterThanOrEqual(chunks / atOnce)
    expect(await turnsDuring(() => decompress(algorithm, bytes, rawSize))).toBeLessThanOrEqual(1)
    expect(
      await turnsDuring(() => decompressAsync(algorithm, bytes, rawSize)),
    ).toBeGreaterThanOrEqual(chunks / atOnce)
  })

  it('compresses what the bytes were when it was asked to', async () => {
    const bytes = Buffer.from(words(300_000))
    const before = Buffer.from(bytes)
    const work = compressAsync(bytes, 1, use(name))
    bytes.set(noise(300_000))
    const stored = await work
    if (stored === undefined) throw new Error('was not compressed')
    const back = decompress(stored.algorithm, stored.bytes, stored.rawSize)
    expect(isEqual(back, before)).toBe(true)
  })
})

describe('steps', () => {
  function* one(size: number): Generator<Job<unknown>, string, unknown> {
    return yield* run({ size, now: () => 'now', later: async () => 'later' })
  }

  it('up to the threshold are done at once', async () => {
    expect(finishNow(one(asyncThreshold + 1))).toBe('now')
    expect(await finishLater(one(asyncThreshold))).toBe('now')
    expect(await finishLater(one(asyncThreshold + 1))).toBe('later')
  })

  it('that fail can be caught by who asked for them', async () => {
    function* careful(): Generator<Job<unknown>, string, unknown> {
      const fail = () => {
        throw new Error('broken')
      }
      try {
        return yield* run<string>({ size: Infinity, now: fail, later: async () => fail() })
      } catch (error) {
        return `caught ${(error as Error).message}`
      }
    }
    expect(finishNow(careful())).toBe('caught broken')
    expect(await finishLater(careful())).toBe('caught broken')
  })

  it('one of many that fails ends them all', async () => {
    const raw = words(3 * 1_048_576)
    const stored = compress(raw, 1, use('gzip'))
    if (stored === undefined) throw new Error('was not compressed')
    const damaged = Buffer.from(stored.bytes)
    damaged[100] = (damaged[100] as number) ^ 1
    await expect(decompressAsync(3, damaged, raw.length)).rejects.toMatchObject({
      code: 'ERR_INVALID_FRAME',
    })
  })
})
