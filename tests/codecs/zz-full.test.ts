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

const unions = new arrow.Table({ dense: denseUnion(arrow), sparse: sparseUnion(arrow) })
const views = new arrow.Table({
  view: arrow.vectorFromArray(['a text longer than twelve', 'b', null], new arrow.Utf8View()),
})
const all = sampleTable(arrow, 9)
const samples = [all, unions, views, all.concat(all).concat(all)].map(stored)

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

  it('any byte of the metadata, set to any of the worst values', { timeout: 280000 }, () => {
    for (const { bytes, meta } of samples) {
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
        for (let at = from; at < to; at += 1) {
          const was = bytes[at] ?? 0
          for (const value of [was ^ 0x80, was ^ 1, 255]) {
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

  it('a schema that names one column a million times is refused at once', () => {
    // Each level of nesting names the level below it 64 times: 64^12 columns in three kilobytes.
    const footer = Buffer.alloc(8192)
    let end = 0
    const put = (bytes: number[]): number => {
      footer.set(bytes, end)
      end += bytes.length
      return end - bytes.length
    }
    const u16 = (value: number): number[] => [value & 255, value >> 8]
    const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)]
    put(u32(0))
    const typeTable = [...u16(4), ...u16(4)]
    const typeFields = put(typeTable)
    const type = put(u32(end - typeFields))
    // Field: type_type at 12, type at 4, children at 8.
    const fields = put([
      ...u16(16),
      ...u16(16),
      ...u16(0),
      ...u16(0),
      ...u16(12),
      ...u16(4),
      ...u16(0),
      ...u16(8),
    ])
    let child: number | undefined
    for (let level = 0; level < 12; level += 1) {
      const table = put([...u32(end - fields), ...u32(0), ...u32(0), ...u32(13)])
      footer.writeUInt32LE((type - (table + 4)) >>> 0, table + 4)
      // Offsets only point forward, so the type is repeated after each table.
      const ownFields = put(typeTable)
      footer.writeUInt32LE(put(u32(end - ownFields)) - (table + 4), table + 4)
      const children = put(u32(child === undefined ? 0 : 64))
      footer.writeUInt32LE(children - (table + 8), table + 8)
      if (child !== undefined) for (let index = 0; index < 64; index += 1) put(u32(0))
      child = table
      if (level === 0) continue
      for (let index = 0; index < 64; index += 1) {
        const at = children + 4 + 4 * index
        footer.writeUInt32LE((table - at) >>> 0, at)
      }
    }
    const schemaFields = put([...u16(8), ...u16(8), ...u16(0), ...u16(4)])
    const schema = put([...u32(end - schemaFields), ...u32(4), ...u32(1), ...u32(0)])
    footer.writeUInt32LE(((child ?? 0) - (schema + 12)) >>> 0, schema + 12)
    const rootFields = put([...u16(8), ...u16(12), ...u16(4), ...u16(8)])
    const root = put([...u32(end - rootFields), ...u16(4), ...u16(0), ...u32(0)])
    footer.writeUInt32LE((schema - (root + 8)) >>> 0, root + 8)
    footer.writeUInt32LE(root, 0)
    const began = performance.now()
    expect(() => open({ bytes: file(footer), meta: new Uint8Array(0) })).toThrow(corrupt)
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
    const { bytes } = stored(arrow.tableFromArrays({ a: Int32Array.of(1) }))
    const { footer } = arrow.RecordBatchReader.from(bytes).open() as arrow.RecordBatchFileReader
    const block = footer?.getRecordBatch(0)
    if (block === null || block === undefined) throw new Error('no batch')
    expect(() => checkArrowFile(bytes)).not.toThrow()
  })

  it('rows without bytes for them are refused where the reader would make room for them', () => {
    const { bytes } = stored(arrow.tableFromArrays({ a: Int32Array.of(1, 2) }))
    const view = new DataView(bytes.buffer)
    const { footer } = arrow.RecordBatchReader.from(bytes).open() as arrow.RecordBatchFileReader
    const block = footer?.getRecordBatch(0)
    let found = 0
    for (
      let at = block?.offset ?? 0;
      at < (block?.offset ?? 0) + (block?.metaDataLength ?? 0);
      at += 4
    ) {
      if (view.getUint32(at, true) !== 2 || view.getUint32(at + 4, true) !== 0) continue
      found += 1
      view.setUint32(at, 2 ** 30, true)
      expect(() => checkArrowFile(bytes)).toThrow(corrupt)
      expect(() => open({ bytes, meta: new Uint8Array(0) })).toThrow(corrupt)
      view.setUint32(at, 2, true)
    }
    expect(found).toBeGreaterThanOrEqual(2)
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
