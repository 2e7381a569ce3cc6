import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/contracts/errors.ts'
import { checksum64 } from '../../src/frame/checksum.ts'
import {
  compress,
  decompress,
  decompressAsync,
  decompressRange,
} from '../../src/frame/compression.ts'
import { codeOf } from '../support/code-of.ts'
import { seededRandom } from '../support/seeded-random.mjs'
import { patience, torture } from '../support/torture.ts'
import {
  hasZstd,
  isEqual,
  noise,
  skipWithout,
  slowNumbers,
  usableNames,
  use,
  words,
} from './compression-support.ts'

const chunk = 4_096
const entry = 16
const footer = 24

interface Sample {
  readonly algorithm: number
  readonly bytes: Buffer
  readonly raw: Uint8Array
}

/** For each algorithm a value with plain, packed and (elements of 8) shuffled chunks, and a small one. */
const samples: readonly Sample[] = usableNames.flatMap((name) => {
  const mixed = Buffer.concat([noise(chunk), words(chunk), slowNumbers(chunk + 777, 8)])
  return [
    [mixed, 8],
    [words(700), 1],
  ].map(([raw, elementBytes]) => {
    const stored = compress(raw as Uint8Array, elementBytes as number, use(name), chunk)
    if (stored === undefined) throw new Error('was not compressed')
    const { algorithm, bytes } = stored
    return { algorithm, bytes: Buffer.from(bytes), raw: raw as Uint8Array }
  })
})

/** The stored form again, with checksums that are right: as one would make it who wants to get past them. */
function reseal(bytes: Buffer, rawSize: number): Buffer {
  if (bytes.length < footer) return bytes
  const end = bytes.length - footer
  const count = Math.ceil(rawSize / chunk)
  const index = end - count * entry
  if (index >= 0) {
    for (let number = 0, offset = 0; number < count; number++) {
      const at = index + number * entry
      const next = offset + bytes.readUInt32LE(at)
      bytes.writeBigUInt64LE(checksum64(bytes.subarray(offset, Math.min(next, index))), at + 8)
      offset = next
    }
  }
  const from = Math.max(0, index)
  bytes.writeBigUInt64LE(checksum64(bytes.subarray(from, end + 16)), end + 16)
  return bytes
}

type Random = () => number

function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)] as T
}

/** `bytes` damaged in one of several ways. */
function mutate(random: Random, bytes: Buffer): Buffer {
  const at = Math.floor(random() * bytes.length)
  const copy = Buffer.from(bytes)
  switch (Math.floor(random() * 7)) {
    case 0:
      copy[at] = (copy[at] as number) ^ (1 << Math.floor(random() * 8))
      return copy
    case 1:
      copy.subarray(at, at + 1 + Math.floor(random() * 9)).fill(pick(random, [0, 1, 0x7f, 0xff]))
      return copy
    case 2:
      return copy.subarray(0, at)
    case 3:
      return Buffer.concat([copy.subarray(0, at), noise(1 + random() * 40, at), copy.subarray(at)])
    case 4: {
      const other = pick(random, samples).bytes
      return Buffer.concat([
        copy.subarray(0, at),
        other.subarray(Math.floor(random() * other.length)),
      ])
    }
    case 5:
      copy.writeUInt32LE(pick(random, numbers), Math.min(at, copy.length - 4))
      return copy
    default: {
      // Where the index and the footer are, damage does more.
      const place = copy.length - 1 - Math.floor(random() * 100)
      if (place >= 0) copy[place] = Math.floor(random() * 256)
      return copy
    }
  }
}

const numbers = [0, 1, 4_095, 4_096, 65_536, 0x7fffffff, 0x80000000, 0xffffffff]

/** What became of reading: right bytes, other bytes of the announced size, or the coded error. */
function outcome(run: () => Uint8Array, raw: Uint8Array, rawSize: number): string {
  try {
    const bytes = run()
    if (bytes.byteLength !== rawSize) return `${bytes.byteLength} bytes instead of ${rawSize}`
    return isEqual(bytes, raw) ? 'right' : 'other'
  } catch (error) {
    if (error instanceof HoldfastError) return error.code
    return `an error without a code: ${error}`
  }
}

const cases = torture(20_000, 2_000_000)

describe('damaged bytes', () => {
  it(`are found out: ${cases} cases`, { timeout: patience }, () => {
    const seed = torture(7, Date.now() % 2 ** 31)
    const random = seededRandom(seed)
    const counts = new Map<string, number>()
    const before = process.memoryUsage().arrayBuffers
    for (let number = 0; number < cases; number++) {
      const { algorithm, bytes, raw } = pick(random, samples)
      const rawSize = random() < 0.9 ? raw.byteLength : Math.floor(random() * 20_000)
      const isResealed = random() < 0.6
      const damaged = mutate(random, bytes)
      const input = isResealed ? reseal(damaged, rawSize) : damaged
      const given = random() < 0.95 ? algorithm : Math.floor(random() * 6)
      const result = outcome(() => decompress(given, input, rawSize), raw, rawSize)
      counts.set(result, (counts.get(result) ?? 0) + 1)
      // Whoever makes the checksums right may say other bytes; no damage does.
      const isFine =
        result === 'ERR_INVALID_FRAME' ||
        result === 'right' ||
        (result === 'other' && isResealed) ||
        (result === 'ERR_UNSUPPORTED' && given === 2 && !hasZstd)
      if (!isFine) expect.fail(`case ${number} of seed ${seed}: ${result}`)
    }
    expect(counts.get('ERR_INVALID_FRAME')).toBeGreaterThan(cases / 2)
    expect(counts.get('right')).toBeGreaterThan(0)
    expect(counts.get('other')).toBeGreaterThan(0)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200e6)
  })

  it('are found out whichever bit it is', () => {
    for (const { algorithm, bytes, raw } of samples.filter(({ raw }) => raw.byteLength < 1_000)) {
      const isHidden = (at: number, bit: number) => {
        const damaged = Buffer.from(bytes)
        damaged[at] = (damaged[at] as number) ^ (1 << bit)
        const code = codeOf(() => decompress(algorithm, damaged, raw.byteLength))
        return code !== 'ERR_INVALID_FRAME'
      }
      const hidden: string[] = []
      for (let at = 0; at < bytes.length; at++)
        for (let bit = 0; bit < 8; bit++) if (isHidden(at, bit)) hidden.push(`${at}.${bit}`)
      expect(hidden).toEqual([])
    }
  })

  it('are found out in an index that turns a shuffled chunk into a plain one', () => {
    const { algorithm, bytes, raw } = samples[0] as Sample
    const form = bytes.length - footer - entry + 4
    expect(bytes[form]).toBe(3)
    const damaged = Buffer.from(bytes)
    damaged[form] = 1
    expect(() => decompress(algorithm, damaged, raw.byteLength)).toThrow(/index of chunks differs/)
  })

  it('are found out in the thread pool too', async () => {
    const random = seededRandom(3)
    for (const name of usableNames) {
      const raw = Buffer.concat([words(150_000), noise(100_000), slowNumbers(100_000, 8)])
      const stored = compress(raw, 8, use(name), 131_072)
      if (stored === undefined) throw new Error('was not compressed')
      for (let number = 0; number < 30; number++) {
        const damaged = mutate(random, Buffer.from(stored.bytes))
        const read = decompressAsync(stored.algorithm, damaged, raw.length)
        await read.then(
          (bytes) => expect(isEqual(bytes, raw)).toBe(true),
          (error: unknown) => expect(error).toMatchObject({ code: 'ERR_INVALID_FRAME' }),
        )
      }
    }
  })

  it('are no reason to read beyond a range: what is asked for is still given', () => {
    const { algorithm, bytes, raw } = samples[0] as Sample
    const damaged = Buffer.from(bytes)
    damaged[10] = (damaged[10] as number) ^ 1
    const read = (from: number, to: number) =>
      decompressRange(algorithm, damaged, damaged.length, raw.byteLength, from, to)
    expect(isEqual(read(chunk, 2 * chunk), raw.subarray(chunk, 2 * chunk))).toBe(true)
    expect(codeOf(() => read(chunk - 1, 2 * chunk))).toBe('ERR_INVALID_FRAME')
  })
})

/** Stored bytes of one chunk as somebody else might write them, with right checksums. */
function forged(content: Uint8Array, rawSize: number, form = 1, chunkBytes = 1_048_576): Buffer {
  const count = Math.ceil(rawSize / chunkBytes)
  const index = Buffer.alloc(count * entry + footer)
  for (let number = 0; number < count; number++) {
    index.writeUInt32LE(number === 0 ? content.byteLength : 0, number * entry)
    index[number * entry + 4] = form
    index.writeBigUInt64LE(checksum64(content), number * entry + 8)
  }
  const end = count * entry
  index.writeBigUInt64LE(BigInt(rawSize), end)
  index.writeUInt32LE(chunkBytes, end + 8)
  index[end + 12] = 1
  index.writeBigUInt64LE(checksum64(index.subarray(0, end + 16)), end + 16)
  return Buffer.concat([content, index])
}

describe('bombs', () => {
  const gzip = 3

  it('cannot unpack beyond what they say', () => {
    // 1 GiB of zeros in a megabyte, which claims to be 1 MiB - 1.
    const member = gzipSync(new Uint8Array(16_777_216))
    const bomb = Buffer.concat(Array.from({ length: 64 }, () => member)).subarray(0, 1_048_000)
    const peak = process.resourceUsage().maxRSS
    const stored = forged(bomb, 1_048_575)
    expect(codeOf(() => decompress(gzip, stored, 1_048_575))).toBe('ERR_INVALID_FRAME')
    expect(process.resourceUsage().maxRSS - peak).toBeLessThan(100_000)
  })

  it('that say a thousand times their size are refused unread', () => {
    const raw = 520_000
    const content = gzipSync(new Uint8Array(raw))
    expect(raw / content.length).toBeGreaterThan(500)
    const stored = forged(content, raw)
    expect(isEqual(decompress(gzip, stored, raw), new Uint8Array(raw))).toBe(true)
    // 1:1010 in the chunk, but not in all.
    const thin = forged(content.subarray(0, 515), raw)
    expect(() => decompress(gzip, thin, raw)).toThrow(/what no writer writes/)
    const peak = process.memoryUsage().arrayBuffers
    expect(() => decompress(gzip, stored, stored.length * 1_000 + 1)).toThrow(/less than 1\/1000/)
    expect(process.memoryUsage().arrayBuffers - peak).toBeLessThan(10_000_000)
  })

  it.each([2 ** 53, 2 ** 53 - 1, 2 ** 40, Infinity, Number.NaN, -1, 0.5])(
    'cannot say impossible sizes: %d',
    (rawSize) => {
      const { algorithm, bytes } = samples[0] as Sample
      expect(codeOf(() => decompress(algorithm, bytes, rawSize))).toBe('ERR_INVALID_FRAME')
    },
  )

  it('are refused by a limit before anything else', () => {
    const { algorithm, bytes, raw } = samples[0] as Sample
    const read = (limit: number) => decompress(algorithm, bytes, raw.byteLength, limit)
    expect(codeOf(() => read(raw.byteLength - 1))).toBe('ERR_VALUE_TOO_LARGE')
    expect(isEqual(read(raw.byteLength), raw)).toBe(true)
  })

  it('an lz4 block that says another size is not handed on', () => {
    const content = Buffer.from('ffffff7f1041', 'hex')
    expect(() => decompress(1, forged(content, 1_000), 1_000)).toThrow(/cannot be decompressed/)
  })

  it('a zstd frame cannot ask for a large window', (context) => {
    skipWithout(context, 'zstd')
    // Magic, a descriptor without a content size, a window of 128 MiB, one raw block of one byte.
    const content = Buffer.from('28b52ffd00880900004100', 'hex').subarray(0, 10)
    expect(() => decompress(2, forged(content, 5_000), 5_000)).toThrow(/cannot be decompressed/)
  })

  it('a chunk that unpacks to less than it says is refused', () => {
    const content = gzipSync(words(4_999))
    expect(() => decompress(gzip, forged(content, 5_000), 5_000)).toThrow(/another size/)
    const other = forged(content, 5_001)
    expect(() => decompress(gzip, other, 5_000)).toThrow(/value of another size/)
  })

  it('bytes between the chunks and the index are refused', () => {
    const content = gzipSync(words(5_000))
    const stored = forged(content, 5_000)
    expect(isEqual(decompress(gzip, stored, 5_000), words(5_000))).toBe(true)
    const wide = Buffer.concat([content, Buffer.alloc(3), stored.subarray(content.length)])
    expect(() => decompress(gzip, wide, 5_000)).toThrow(/do not fill/)
  })

  it.each([
    ['a form that is none', 2],
    ['a form beyond all', 7],
    ['shuffled without elements', 3],
  ])('%s is refused', (_, form) => {
    const stored = forged(gzipSync(words(5_000)), 5_000, form)
    expect(codeOf(() => decompress(gzip, stored, 5_000))).toBe('ERR_INVALID_FRAME')
  })

  it.each([0, 1, 4_095, 67_108_865, 0xffffffff])('chunks of %d bytes are refused', (size) => {
    const stored = forged(gzipSync(words(5_000)), 5_000)
    stored.writeUInt32LE(size, stored.length - 16)
    expect(() => decompress(gzip, stored, 5_000)).toThrow(/impossible size/)
  })
})
