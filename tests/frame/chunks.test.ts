import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ChunkWriter,
  compress,
  decompress,
  decompressRange,
  decompressRangeAsync,
  readChunks,
} from '../../src/frame/compression.ts'
import {
  isEqual,
  noise,
  slowNumbers,
  usableNames,
  use,
  waves,
  words,
} from './compression-support.ts'

const chunk = 4_096
const mebibyte = 1_048_576

function mixed(size: number): Uint8Array {
  const third = Math.floor(size / 3)
  return Buffer.concat([words(third), noise(third), slowNumbers(size - 2 * third, 8)])
}

function stored(bytes: Uint8Array, name = 'gzip', elementBytes = 8, chunkBytes = chunk) {
  const result = compress(bytes, elementBytes, use(name), chunkBytes)
  if (result === undefined) throw new Error('was not compressed')
  return result
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return all
}

describe('ranges', () => {
  it.each(usableNames)('of %s give the bytes in them', (name) => {
    const raw = mixed(5 * chunk + 100)
    const { algorithm, bytes } = stored(raw, name)
    fc.assert(
      fc.property(fc.nat(raw.length), fc.nat(raw.length), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const part = decompressRange(algorithm, bytes, bytes.byteLength, raw.length, from, to)
        expect(isEqual(part, raw.subarray(from, to))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('read the footer, the index and the chunks they lie in, and nothing else', async () => {
    const raw = mixed(20 * chunk)
    const { algorithm, bytes } = stored(raw, 'gzip')
    for (const [from, to, chunks] of [
      [0, 1, 1],
      [3 * chunk - 1, 3 * chunk + 1, 2],
      [5 * chunk, 8 * chunk, 3],
      [7 * chunk, 7 * chunk, 0],
    ] as const) {
      const reads: number[] = []
      const readAt = (offset: number, length: number) => {
        reads.push(length)
        return bytes.subarray(offset, offset + length)
      }
      const size = bytes.byteLength
      const part = decompressRange(algorithm, readAt, size, raw.length, from, to)
      expect(isEqual(part, raw.subarray(from, to))).toBe(true)
      expect(reads.slice(0, 2)).toEqual([24, 24 + 20 * 16])
      expect(reads.length).toBe(2 + chunks)
      expect(Math.max(0, ...reads.slice(2))).toBeLessThanOrEqual(chunk)
      const later = async (offset: number, length: number) => readAt(offset, length)
      const again = await decompressRangeAsync(algorithm, later, size, raw.length, from, to)
      expect(isEqual(again, part)).toBe(true)
      expect(reads.length).toBe(2 * (2 + chunks))
    }
  })

  it('beyond the value are a mistake of the caller', () => {
    const raw = mixed(3 * chunk)
    const { algorithm, bytes } = stored(raw)
    for (const [from, to] of [
      [-1, 5],
      [5, 4],
      [0, raw.length + 1],
      [0.5, 2],
    ] as const) {
      const read = () => decompressRange(algorithm, bytes, bytes.byteLength, raw.length, from, to)
      expect(read).toThrow(RangeError)
    }
  })

  it('of a source that gives too little are damage', () => {
    const raw = mixed(3 * chunk)
    const { algorithm, bytes } = stored(raw)
    const short = (offset: number, length: number) => bytes.subarray(offset, offset + length - 1)
    expect(() => decompressRange(algorithm, short, bytes.byteLength, raw.length, 0, 5)).toThrow(
      /cut off/,
    )
  })
})

describe('streams', () => {
  it.each(usableNames)('are written and read in pieces: %s', async (name) => {
    const raw = mixed(10 * chunk + 333)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.nat(100), fc.nat(3 * chunk)), { maxLength: 12 }),
        fc.boolean(),
        async (cuts, isLater) => {
          const writer = new ChunkWriter(use(name), 8, chunk)
          const pieces: Uint8Array[] = []
          let at = 0
          for (const length of [...cuts, raw.length]) {
            // What was pushed belongs to the caller again: it is overwritten.
            const part = Buffer.from(raw.subarray(at, at + length))
            pieces.push(...(isLater ? await writer.pushAsync(part) : writer.push(part)))
            part.fill(0xee)
            at = Math.min(raw.length, at + length)
          }
          const end = isLater ? await writer.endAsync() : writer.end()
          pieces.push(...end.pieces)
          const whole = Buffer.concat(pieces)
          expect(end).toMatchObject({ rawSize: raw.length, storedSize: whole.length })
          const { id } = use(name).algorithm
          expect(isEqual(decompress(id, whole, raw.length), raw)).toBe(true)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('are what compress writes', () => {
    const raw = mixed(5 * chunk)
    const writer = new ChunkWriter(use('gzip'), 8, chunk)
    const whole = Buffer.concat([...writer.push(raw), ...writer.end().pieces])
    expect(isEqual(whole, stored(raw).bytes)).toBe(true)
  })

  it('may be empty', async () => {
    const { pieces, rawSize, storedSize } = new ChunkWriter(use('gzip')).end()
    const whole = Buffer.concat(pieces)
    expect([rawSize, storedSize, whole.length]).toEqual([0, 24, 24])
    expect(decompress(3, whole, 0).byteLength).toBe(0)
    const read = readChunks({ algorithm: 3, source: whole, storedSize, rawSize })
    expect(await collect(read)).toEqual([])
  })

  it('that do not compress cost 16 bytes a chunk and 24', () => {
    const writer = new ChunkWriter(use('brotli'), 8, chunk)
    const raw = noise(3 * chunk)
    const pieces = writer.push(raw)
    expect(pieces.length).toBe(3)
    expect(writer.end().storedSize).toBe(raw.length + 3 * 16 + 24)
  })

  it('give memory of their own where a chunk lies there as it is', () => {
    const writer = new ChunkWriter(use('gzip'))
    const raw = noise(2_000)
    const whole = Uint8Array.from(Buffer.concat([...writer.push(raw), ...writer.end().pieces]))
    const back = decompress(3, whole, 2_000)
    whole.fill(0)
    expect(isEqual(back, raw)).toBe(true)
  })

  it('are read one chunk at a time', async () => {
    const raw = mixed(6 * chunk + 5)
    const { algorithm, bytes } = stored(raw)
    const offsets: number[] = []
    const source = async (offset: number, length: number) => {
      offsets.push(offset)
      return bytes.subarray(offset, offset + length)
    }
    const given = { algorithm, source, storedSize: bytes.byteLength, rawSize: raw.length }
    const reader = readChunks(given)
    const first = await reader.next()
    expect(isEqual(first.value as Uint8Array, raw.subarray(0, chunk))).toBe(true)
    expect(offsets.length).toBe(3)
    const rest = await collect(reader)
    expect(rest.map((piece) => piece.byteLength)).toEqual([...Array(5).fill(chunk), 5])
    expect(isEqual(Buffer.concat([first.value as Uint8Array, ...rest]), raw)).toBe(true)
  })

  it('stop at damage, after what is right', async () => {
    const raw = mixed(6 * chunk)
    const { algorithm, bytes } = stored(raw)
    const damaged = Buffer.from(bytes)
    // Chunk 3 is noise, and so lies there as it is.
    const at = damaged.indexOf(raw.subarray(3 * chunk, 3 * chunk + 20))
    damaged[at] = (damaged[at] as number) ^ 1
    const size = damaged.length
    const reader = readChunks({ algorithm, source: damaged, storedSize: size, rawSize: raw.length })
    const pieces: Uint8Array[] = []
    const read = async () => {
      for await (const piece of reader) pieces.push(piece)
    }
    await expect(read()).rejects.toMatchObject({ code: 'ERR_INVALID_FRAME' })
    expect(isEqual(Buffer.concat(pieces), raw.subarray(0, 3 * chunk))).toBe(true)
  })

  it('take chunks of 4 KiB to 64 MiB', () => {
    for (const size of [4_095, 67_108_865, 5_000.5, Number.NaN])
      expect(() => new ChunkWriter(use('gzip'), 1, size)).toThrow(RangeError)
    expect(() => new ChunkWriter(use('gzip'), 1, 67_108_864)).not.toThrow()
  })
})

describe('the layout', () => {
  it('is as documented: chunks, 16 bytes for each, 24 bytes', () => {
    const raw = waves(10_000, 8)
    const { bytes } = stored(raw, 'gzip', 8)
    const buffer = Buffer.from(bytes)
    const footer = buffer.length - 24
    expect(buffer.readBigUInt64LE(footer)).toBe(10_000n)
    expect(buffer.readUInt32LE(footer + 8)).toBe(chunk)
    expect([...buffer.subarray(footer + 12, footer + 16)]).toEqual([8, 0, 0, 0])
    const entries = [0, 1, 2].map((number) => buffer.subarray(footer - 48 + number * 16))
    expect(entries.map((one) => one.readUInt32LE(4))).toEqual([3, 3, 3])
    const sizes = entries.map((one) => one.readUInt32LE(0))
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(footer - 48)
    // A gzip chunk is a gzip file of its own.
    expect(gunzipSync(buffer.subarray(0, sizes[0])).length).toBe(chunk)
  })

  it('has chunks of 1 MiB unless told otherwise', () => {
    const { bytes } = stored(words(3 * mebibyte), 'lz4', 1, mebibyte)
    expect(isEqual(bytes, compress(words(3 * mebibyte), 1, use('lz4'))?.bytes ?? noise(1))).toBe(
      true,
    )
    const buffer = Buffer.from(bytes)
    expect(buffer.readUInt32LE(buffer.length - 16)).toBe(mebibyte)
  })

  it('is that of the example in docs/concepts/compression.md', () => {
    const text = readFileSync(
      new URL('../../docs/concepts/compression.md', import.meta.url),
      'utf8',
    )
    const raw = Buffer.from('holdfast '.repeat(12))
    const lines = [...text.matchAll(/^([0-9a-f]{2}) {2}((?:[0-9a-f]{2} ?)+)/gm)]
    const example = Buffer.from(
      lines
        .map((line) => line[2])
        .join('')
        .replaceAll(' ', ''),
      'hex',
    )
    // What is documented can be read forever; that it is still what is written may end with another lz4-napi.
    expect(decompress(1, example, raw.length).toString()).toBe(raw.toString())
    const { bytes } = stored(raw, 'lz4', 1, mebibyte)
    expect(Buffer.from(bytes).toString('hex')).toBe(example.toString('hex'))
  })
})
