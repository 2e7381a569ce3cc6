import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { polars } from '../../scripts/polars.mjs'
import { type PolarsModule, polarsCodec } from '../../src/codecs/polars.ts'
import { codecSuite } from '../../src/testing/codec-suite.ts'

const folder = polars()
const require = createRequire(import.meta.url)
const info = { meta: new Uint8Array(0), version: 1 }

/** What the tests use of nodejs-polars, which is not installed where types are checked. */
interface Frame {
  readonly shape: { readonly height: number; readonly width: number }
  frameEqual(other: Frame, nullEqual?: boolean): boolean
  withColumns(...columns: unknown[]): Frame
  slice(offset: number, length: number): Frame
  vstack(other: Frame): Frame
  toRecords(): object[]
  readonly schema: object
}

interface Polars extends PolarsModule {
  DataFrame(columns: object): Frame
  col(name: string): { cast(type: unknown): { as(name: string): unknown } }
  readonly Categorical: unknown
  readonly Int64: unknown
  readonly Utf8: unknown
}

/** Why the tests are skipped where there is no binary or no registry; the script has printed which. */
const reason = 'nodejs-polars cannot be installed here'

it.skipIf(folder !== false)(`is tested with nodejs-polars: ${reason}`, ({ skip }) => skip(reason))

describe.skipIf(folder === false)('a polars frame', () => {
  const pl = (folder === false ? undefined : require(folder)) as Polars
  const codec = polarsCodec({ polars: pl })

  const frame = (): Frame =>
    pl
      .DataFrame({
        real: [1.5, Number.NaN, null, -0],
        text: ['a', null, '', 'a text that is longer than a view'],
        flag: [true, false, null, true],
        date: [new Date(0), new Date(1e12), null, new Date(5)],
        list: [[1, 2], [], [3], [4]],
        struct: [
          { x: 1, y: 'q' },
          { x: 2, y: 'r' },
          { x: 3, y: null },
          { x: 4, y: '' },
        ],
        big: [1n, -(2n ** 62n), 3n, 4n],
      })
      .withColumns(
        pl.col('text').cast(pl.Categorical).as('category'),
        pl.col('real').cast(pl.Int64).as('whole'),
      )

  function roundTrip(value: Frame, own = codec): Frame {
    expect(own.test?.(value)).toBe(true)
    return own.decode(Uint8Array.from(own.encode(value) as Uint8Array), info) as Frame
  }

  function expectKept(value: Frame): void {
    const back = roundTrip(value)
    expect(String(back)).toBe(String(value))
    expect(Object.entries(back.schema).map(String)).toEqual(
      Object.entries(value.schema).map(String),
    )
    expect(back.toRecords()).toEqual(value.toRecords())
    expect(back.shape).toEqual(value.shape)
  }

  it('keeps columns of every kind', () => {
    const value = frame().slice(0, 4)
    expectKept(value)
  })

  const suite =
    folder === false
      ? []
      : codecSuite({
          codec,
          values: { columns: frame() },
          refused: { text: 'text' },
          equal: (actual, expected) =>
            expect((actual as Frame).toRecords()).toEqual((expected as Frame).toRecords()),
          damages: 100,
        })
  it.each(suite)('$name', ({ run }) => run())

  it('keeps frames without rows or columns, slices and chunks', () => {
    expectKept(frame().slice(0, 0))
    expectKept(pl.DataFrame({}))
    expectKept(frame().slice(1, 2))
    expectKept(frame().slice(1, 2).vstack(frame().slice(0, 2)))
  })

  it('keeps any numbers and texts', () => {
    const row = fc.tuple(fc.double(), fc.string({ unit: 'grapheme' }))
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), (rows) => {
        const value = pl.DataFrame({
          real: rows.map(([real]) => real),
          text: rows.map(([, text]) => text),
        })
        expect(roundTrip(value).toRecords()).toEqual(value.toRecords())
      }),
      { numRuns: 50 },
    )
  })

  it('is known by shape, and nothing else is', () => {
    const refused = expect.objectContaining({ code: 'ERR_UNSUPPORTED_VALUE' })
    for (const value of [null, 1, {}, [], new Map(), { writeIPC: () => 1 }, pl]) {
      expect(codec.test?.(value)).toBe(false)
      expect(() => codec.encode(value)).toThrow(refused)
    }
  })

  it('is read by the module that was handed in; without it or the package there is a coded error', () => {
    const bytes = codec.encode(frame()) as Uint8Array
    let reads = 0
    const counting: PolarsModule = {
      readIPC: (given) => {
        reads += 1
        return pl.readIPC(given)
      },
    }
    roundTrip(frame(), polarsCodec({ polars: counting }))
    expect(reads).toBe(1)
    const missing = expect.objectContaining({ code: 'ERR_DEPENDENCY_MISSING' })
    expect(() => polarsCodec().decode(bytes, info)).toThrow(missing)
    const invalid = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
    expect(() => polarsCodec({ polars: {} as never })).toThrow(invalid)
  })

  it('of bytes that were changed or cut off throws, or is read; polars is native code', () => {
    const bytes = codec.encode(frame()) as Uint8Array
    for (let length = 0; length < bytes.length; length += 1)
      expect(() => codec.decode(bytes.subarray(0, length), info)).toThrow()
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.constantFrom(0, 1, 127, 128, 255))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const changed = Uint8Array.from(bytes)
        for (const [at, value] of changes) changed[at] = value
        try {
          String(codec.decode(changed, info))
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
