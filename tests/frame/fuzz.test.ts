import { describe, expect, it } from 'vitest'
import { builtInCodecs } from '../../src/codecs/built-in.ts'
import { readFrame } from './fuzz-case.ts'
import { corpus } from './fuzz-corpus.ts'
import { fuzz } from './fuzz-run.ts'

// `npm run fuzz` sets these.
const { env } = process
const settings = {
  seed: Number(env['HOLDFAST_FUZZ_SEED'] ?? 20_260_101),
  from: Number(env['HOLDFAST_FUZZ_FROM'] ?? 0),
  cases: Number(env['HOLDFAST_FUZZ_CASES'] ?? 100_000),
  progressFile: env['HOLDFAST_FUZZ_PROGRESS'],
}

/** Milliseconds that a case may take on the average of a slow, busy machine. */
const average = 3

/** What the process may have grown by at the end of a run, however long it was. */
const growth = 384 * 2 ** 20

describe('a frame that was tampered with', () => {
  const frames = corpus()

  it('is one of every codec, compression and cipher', () => {
    const codecs = new Set(frames.map(({ encoded }) => encoded.codec))
    // There is no nodejs-polars among the dependencies to write it.
    const expected = builtInCodecs.map(({ id }) => id).filter((id) => id !== 'polars')
    expect([...codecs].sort()).toEqual([...expected, 'test.bitmap', 'test.money'].sort())
    for (const { name, frame, isEncrypted, key, encoded } of frames) {
      const reader = isEncrypted ? 'encrypted' : 'plain'
      expect(readFrame(frame, reader, { key, frame, encoded }), name).toBe('value')
    }
  })

  it(
    `ends as an error or a value: ${settings.cases} cases`,
    async () => {
      const report = await fuzz(frames, settings)
      console.log(report.text)
      expect(report.done).toBe(settings.cases)
      expect(report.rss).toBeLessThan(growth)
    },
    60_000 + settings.cases * average,
  )
})
