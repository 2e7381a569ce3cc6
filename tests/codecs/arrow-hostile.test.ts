import * as arrow from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arrowCodec, arrowVectorCodec } from '../../src/codecs/arrow.ts'
import { checkArrowFile } from '../../src/codecs/arrow-check.ts'
import { decodeRowCounts, encodeRowCounts } from '../../src/codecs/arrow-row-counts.ts'
import type { Payload } from '../../src/contracts/codec.ts'
import { denseUnion, sampleTable, sparseUnion } from './support/arrow-tables.ts'

const codec = arrowCodec({ arrow })
const corrupt = expect.objectContaining({ code: 'ERR_CORRUPT' })

interface Stored {
  readonly bytes: Uint8Array
  readonly meta: Uint8Array
}

function stored(table: arrow.Table): Stored {
  const { bytes, meta = new Uint8Array(0) } = codec.encode(table) as Payload
  return { bytes: Uint8Array.from(bytes), meta }
}

interface Block {
  readonly offset: number
  readonly metaDataLength: number
  readonly bodyLength: number
}

const unions = new arrow.Table({ dense: denseUnion(arrow), sparse: sparseUnion(arrow) })
const views = new arrow.Table({
  view: arrow.vectorFromArray(['a text longer than twelve', 'b', null], new arrow.Utf8View()),
})
const all = sampleTable(arrow, 9)
const samples = [all, unions, views, all.concat(all).concat(all)].map(stored)

function blocksOf(bytes: Uint8Array): readonly Block[] {
  const { footer } = arrow.RecordBatchReader.from(bytes).open() as arrow.RecordBatchFileReader
  return [...(footer?.recordBatches() ?? [])]
}

/** Opens all there is, without values: those may say anything. */
function open({ bytes, meta }: Stored): arrow.Table {
  const table = codec.decode(bytes, { meta, version: 1 }) as arrow.Table
  for (const batch of table.batches) expect(batch.data.children).toHaveLength(table.numCols)
  return table
}

/** An error, or a table whose columns have the bytes for their rows; within a moment, in little memory. */
function expectHarmless(sample: Stored): void {
  const began = performance.now()
  const memory = process.memoryUsage()
  try {
    const table = open(sample)
    for (const batch of table.batches) {
      expect(batch.numRows).toBeLessThanOrEqual(2 ** 31)
      for (const { length, typeId } of batch.data.children)
        if (typeId !== arrow.Type.Null)
          expect(length).toBeLessThanOrEqual(sample.bytes.byteLength * 8)
    }
  } catch (error) {
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).not.toMatch(/heap|memory|invalid array length|allocation/i)
  }
  const after = process.memoryUsage()
  expect(performance.now() - began).toBeLessThan(5000)
  expect(after.arrayBuffers - memory.arrayBuffers).toBeLessThan(16 * 2 ** 20)
}

describe('changed bytes', () => {
  it('cut off anywhere, are corrupt', () => {
    for (const { bytes, meta } of samples) {
      for (let length = 0; length < bytes.length; length += bytes.length > 5000 ? 13 : 1)
        expect(() => open({ bytes: bytes.subarray(0, length), meta })).toThrow(corrupt)
    }
  })

  it('any byte of the metadata, set to any of the worst values', () => {
    for (const { bytes, meta } of samples.slice(0, 3)) {
      const { footer } = arrow.RecordBatchReader.from(bytes).open() as arrow.RecordBatchFileReader
      const blocks = [...(footer?.recordBatches() ?? []), ...(footer?.dictionaryBatches() ?? [])]
      const last = Math.max(
        0,
        ...blocks.map((block) => block.offset + block.metaDataLength + block.bodyLength),
      )
      const ranges = [
        [last, bytes.length],
        ...blocks.map((block) => [block.offset, block.offset + block.metaDataLength]),
      ]
      for (const [from = 0, to = 0] of ranges) {
        for (let at = from; at < to; at += bytes.length > 5000 ? 3 : 1) {
          const was = bytes[at] ?? 0
          const worst = [was ^ 0x80, was ^ 1, 255]
          // All three take seconds for all columns.
          for (const value of bytes.length > 5000 ? [worst[Math.floor(at / 3) % 3] ?? 0] : worst) {
            bytes[at] = value
            expectHarmless({ bytes, meta })
          }
          bytes[at] = was
        }
      }
    }
  })

  it('several at once, and whole words', () => {
    const word = fc.constantFrom(
      0,
      1,
      8,
      0x7fff_ffff,
      0x8000_0000,
      0xffff_fff8,
      0xffff_ffff,
      0x0001_0000,
    )
    const change = fc.tuple(fc.nat(), word, fc.constantFrom(1, 4, 8))
    fc.assert(
      fc.property(
        fc.nat(samples.length - 1),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        (which, changes) => {
          const { bytes: intact, meta } = samples[which] as Stored
          const bytes = Uint8Array.from(intact)
          const view = new DataView(bytes.buffer)
          for (const [seed, value, width] of changes) {
            const at = (seed % (bytes.length - 8)) & ~3
            if (width === 1) view.setUint8(at, value & 255)
            else view.setUint32(at, value, true)
            if (width === 8) view.setUint32(at + 4, value, true)
          }
          expectHarmless({ bytes, meta })
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('spliced from two files', () => {
    fc.assert(
      fc.property(
        fc.nat(3),
        fc.nat(3),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (one, two, where) => {
          const { bytes, meta } = samples[one] as Stored
          const other = (samples[two] as Stored).bytes
          const head = bytes.subarray(0, Math.floor(bytes.length * where))
          const tail = other.subarray(Math.floor(other.length * where))
          expectHarmless({ bytes: new Uint8Array(Buffer.concat([head, tail])), meta })
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('built bytes', () => {
  const file = (footer: Uint8Array): Uint8Array => {
    const length = Buffer.alloc(4)
    length.writeInt32LE(footer.byteLength)
    return new Uint8Array(
      Buffer.concat([Buffer.from('ARROW1\0\0'), footer, length, Buffer.from('ARROW1')]),
    )
  }

  it('a schema of a few kilobytes that names its columns 2^60 times is refused at once', () => {
    const levels = 10
    const links = 64
    const levelBytes = 16 + 16 + 4 + 4 * links
    const footer = Buffer.alloc(64 + levels * levelBytes + 8)
    const words = (at: number, ...values: number[]): void =>
      values.forEach((value, index) => {
        footer.writeUInt16LE(value, at + 2 * index)
      })
    /** An offset, which counts from where it stands. */
    const link = (at: number, to: number): void => void footer.writeUInt32LE(to - at, at)
    const level = (index: number): number => 64 + index * levelBytes
    const type = footer.length - 4
    // Vtables: size, size of the table, then where each field stands in it.
    words(4, 8, 12, 4, 8)
    link(0, 12)
    footer.writeInt32LE(12 - 4, 12)
    words(16, 4)
    link(20, 32)
    words(24, 8, 8, 0, 4)
    footer.writeInt32LE(32 - 24, 32)
    link(36, 40)
    footer.writeUInt32LE(1, 40)
    link(44, level(0) + 16)
    for (let index = 0; index < levels; index += 1) {
      const table = level(index) + 16
      words(level(index), 16, 16, 0, 0, 12, 4, 0, 8)
      footer.writeInt32LE(16, table)
      link(table + 4, type)
      link(table + 8, table + 16)
      footer[table + 12] = 13
      const isLast = index === levels - 1
      footer.writeUInt32LE(isLast ? 0 : links, table + 16)
      for (let at = table + 20; !isLast && at < level(index + 1); at += 4)
        link(at, level(index + 1) + 16)
    }
    words(footer.length - 8, 4, 4)
    footer.writeInt32LE(4, type)
    const began = performance.now()
    const tooMuch = expect.objectContaining({
      message: expect.stringContaining('more than it has bytes'),
    })
    expect(() => open({ bytes: file(footer), meta: new Uint8Array(0) })).toThrow(tooMuch)
    expect(performance.now() - began).toBeLessThan(1000)
  })

  it('batches that overlap, and files of nothing, are refused', () => {
    for (const footer of [
      Buffer.alloc(0),
      Buffer.alloc(4),
      Buffer.alloc(64),
      Buffer.alloc(64, 255),
    ])
      expect(() => open({ bytes: file(footer), meta: new Uint8Array(0) })).toThrow(corrupt)
    const large = arrow.tableFromArrays({ a: new Int32Array(1000) })
    const small = arrow.tableFromArrays({ a: new Int32Array(1) })
    const { bytes } = stored(small.concat(small, small, small, large))
    expect(() => checkArrowFile(bytes)).not.toThrow()
    const blocks = blocksOf(bytes)
    const last = blocks.at(-1)
    // In the footer each block is its offset, the length of its header, and that of its body.
    for (const { offset, metaDataLength } of blocks.slice(0, -1)) {
      const wanted = Buffer.alloc(12)
      wanted.writeBigInt64LE(BigInt(offset))
      wanted.writeInt32LE(metaDataLength, 8)
      const at = Buffer.from(bytes.buffer).lastIndexOf(wanted)
      const view = new DataView(bytes.buffer, at)
      view.setBigInt64(0, BigInt(last?.offset ?? 0), true)
      view.setInt32(8, last?.metaDataLength ?? 0, true)
      view.setBigInt64(16, BigInt(last?.bodyLength ?? 0), true)
    }
    const overlapping = expect.objectContaining({ message: expect.stringContaining('overlap') })
    expect(() => checkArrowFile(bytes)).toThrow(overlapping)
  })

  it('rows without bytes for them are refused', () => {
    const { bytes } = stored(arrow.tableFromArrays({ a: new Int8Array(77) }))
    const view = new DataView(bytes.buffer)
    const { offset = 0, metaDataLength = 0 } = blocksOf(bytes)[0] ?? {}
    // The batch has as many rows, and its column.
    const found = Array.from({ length: metaDataLength / 4 }, (_, word) => offset + 4 * word).filter(
      (at) => view.getUint32(at, true) === 77,
    )
    expect(found).toHaveLength(2)
    for (const at of found) view.setUint32(at, 2 ** 30, true)
    const short = expect.objectContaining({ message: expect.stringContaining('shorter') })
    expect(() => open({ bytes, meta: new Uint8Array(0) })).toThrow(short)
    expect(() => checkArrowFile(bytes)).toThrow(corrupt)
  })
})

describe('row counts', () => {
  it('round trip, and are left out where there is no room', () => {
    const counts = fc.array(fc.nat(0x7fff_ffff), { maxLength: 100 })
    fc.assert(
      fc.property(counts, (rows) => {
        expect(decodeRowCounts(encodeRowCounts(rows))).toEqual(rows)
      }),
    )
    expect(encodeRowCounts(new Array<number>(40_000).fill(1))).toHaveLength(0)
    expect(decodeRowCounts(new Uint8Array(0))).toBeUndefined()
  })

  it('that were changed are corrupt', () => {
    for (const bytes of [
      [2, 1],
      [1, 128],
      [1, 255, 255, 255, 255, 255, 255, 15],
    ])
      expect(() => decodeRowCounts(Uint8Array.from(bytes))).toThrow(corrupt)
    const { bytes } = samples[0] as Stored
    for (const rows of [[], [8], [9, 9], [10]]) {
      const meta = encodeRowCounts(rows)
      expect(() => open({ bytes, meta })).toThrow(corrupt)
    }
  })

  it('vectors without a column are corrupt', () => {
    const { bytes, meta } = stored(new arrow.Table())
    expect(() => arrowVectorCodec({ arrow }).decode(bytes, { meta, version: 1 })).toThrow(corrupt)
  })
})
