import { serialize } from 'node:v8'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { codecNumber } from '../../src/codecs/built-in.ts'
import { checksum64 } from '../../src/frame/checksum.ts'
import { type ChunkEntry, chunkForm, writeIndex } from '../../src/frame/chunks.ts'
import { wrap } from '../../src/frame/frame.ts'
import type { FrameFields } from '../../src/frame/header.ts'
import { mendChecksum } from './fuzz-mutations.ts'

/*
 * Frames made by hand to harm who reads them, with checksums that are right. They were written once to
 * tests/fixtures/regressions; those of fuzzing that turned out to be of interest lie beside them.
 */

/** A frame, and how reading it must end. */
export interface Regression {
  /** What it does. */
  readonly what: string
  readonly frame: Buffer
  /** Code of the error, `another error` of a codec, or `value`. */
  readonly outcome: string
  /** Whether only a Node that has zstd can tell. */
  readonly needsZstd?: boolean
}

const none = new Uint8Array(0)

/** A frame of a payload for a codec, without compression. */
function framed(codec: string, payload: Uint8Array, fields: Partial<FrameFields> = {}): Buffer {
  return wrap(
    {
      codec: codecNumber(codec) ?? codec,
      version: 1,
      meta: none,
      compression: 0,
      cipher: undefined,
      rawSize: payload.byteLength,
      ...fields,
    },
    payload,
  )
}

/** A frame with a header of the long form, changed by `change`, and with the right checksum. */
function forged(change: (frame: Buffer) => void): Buffer {
  const frame = framed('text', Buffer.from('text'), { version: 2 })
  change(frame)
  mendChecksum(frame)
  return frame
}

interface Chunk {
  readonly bytes: Uint8Array
  readonly form?: number
  readonly storedBytes?: number
}

/** Bytes as compression stores them, of these chunks. */
function chunked(chunks: readonly Chunk[], rawSize: number, chunkBytes = 4_096): Buffer {
  const entries = chunks.map(
    ({ bytes, form = chunkForm.packed, storedBytes = bytes.length }): ChunkEntry => {
      return { form, storedBytes, checksum: checksum64(bytes) }
    },
  )
  const index = writeIndex(entries, { rawSize, chunkBytes, elementBytes: 1 })
  return Buffer.concat([...chunks.map(({ bytes }) => bytes), index])
}

function compressed(compression: number, rawSize: number, chunks: readonly Chunk[]): Buffer {
  return framed('text', chunked(chunks, rawSize), { compression, rawSize })
}

/** V8's varint. */
function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 128)
  }
}

function v8(...parts: (string | number[])[]): Uint8Array {
  const bytes = parts.map((part) =>
    typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part),
  )
  return Buffer.concat([Buffer.of(0xff, 15), ...bytes])
}

export function regressions(): ReadonlyMap<string, Regression> {
  return new Map(
    Object.entries({ ...headerBombs(), ...compressionBombs(), ...codecBombs(), ...graphBombs() }),
  )
}

function headerBombs(): Record<string, Regression> {
  const outcome = 'ERR_INVALID_FRAME'
  return {
    'header-length-overflow': {
      what: 'a header of 4 GiB',
      frame: forged((frame) => frame.writeUInt32LE(0xffff_fff8, 4)),
      outcome,
    },
    'header-beyond-end': {
      what: 'a header that is longer than the frame',
      frame: forged((frame) => frame.writeUInt32LE(65_536, 4)),
      outcome,
    },
    'name-beyond-header': {
      what: 'a name and meta data that are longer than the header',
      frame: forged((frame) => {
        frame[3] = 0xff
        frame.writeUInt16LE(0xffff, 36)
        frame.writeUInt16LE(0xffff, 38)
      }),
      outcome,
    },
    'sizes-add-up-to-2-64': {
      what: 'a payload whose size wraps around in 64 bits',
      frame: forged((frame) => frame.writeBigUInt64LE(2n ** 64n - 40n, 24)),
      outcome,
    },
    'compact-length-overflow': {
      what: 'a compact frame of 4 GiB',
      frame: Buffer.from('6866010500000000ffffffffffffffff', 'hex').fill(0xff, 4, 8),
      outcome,
    },
    'raw-size-2-52': {
      what: 'compressed bytes that say they were 4 PiB',
      frame: framed('text', chunked([{ bytes: gzipSync('x') }], 4_096), {
        compression: 3,
        rawSize: 2 ** 52,
      }),
      outcome,
    },
    'raw-size-contradicts': {
      what: 'a size before compression where nothing is compressed',
      frame: forged((frame) => frame.writeBigUInt64LE(2n ** 40n, 16)),
      outcome,
    },
  }
}

function compressionBombs(): Record<string, Regression> {
  const outcome = 'ERR_INVALID_FRAME'
  const zeros = Buffer.alloc(2 ** 24)
  const lz4 = Buffer.alloc(64)
  lz4.writeUInt32LE(0x7fff_ffff, 0)
  // A frame with a window of 128 MiB and one block: 4,096 times a byte.
  const zstd = Buffer.from('28b52ffd0088038000aa', 'hex')
  const entries = 2 ** 53 / 4_096
  return {
    'ratio-gzip': {
      what: '16 MiB of zeros in 16 KiB, declared as they are',
      frame: compressed(3, zeros.length, [{ bytes: gzipSync(zeros, { level: 9 }) }]),
      outcome,
    },
    'brotli-grows': {
      what: 'a chunk that grows to 16 MiB where 4 KiB are declared',
      frame: compressed(4, 4_096, [{ bytes: brotliCompressSync(zeros) }]),
      outcome,
    },
    'gzip-grows': {
      what: 'a chunk that grows to 2 MiB where 4,095 bytes are declared',
      frame: compressed(3, 4_095, [{ bytes: gzipSync(zeros.subarray(0, 2 ** 21)) }]),
      outcome,
    },
    'lz4-prefix': {
      what: 'an LZ4 block that asks for 2 GiB',
      frame: compressed(1, 4_096, [{ bytes: lz4 }]),
      outcome,
    },
    'zstd-window': {
      what: 'a zstd frame of ten bytes that asks for a window of 128 MiB',
      frame: compressed(2, 4_096, [{ bytes: zstd }]),
      outcome,
      needsZstd: true,
    },
    'chunk-index-overflow': {
      what: 'an index of chunks that is larger than the frame',
      frame: framed('text', chunked([{ bytes: lz4 }], entries), {
        compression: 1,
        rawSize: 60_000,
      }),
      outcome,
    },
    'chunk-sizes-overflow': {
      what: 'chunks whose sizes add up to more than 32 bits',
      frame: compressed(
        1,
        8_192,
        [0, 1].map(() => ({ bytes: lz4, storedBytes: 0xffff_ffff })),
      ),
      outcome,
    },
    'chunk-empty': {
      what: 'a compressed chunk of no bytes',
      frame: compressed(1, 4_096, [{ bytes: none }]),
      outcome,
    },
    'chunk-odd-form': {
      what: 'a chunk that is shuffled by elements of one byte',
      frame: compressed(1, 4_096, [{ bytes: lz4, form: chunkForm.shuffled }]),
      outcome,
    },
  }
}

function codecBombs(): Record<string, Regression> {
  const deep = 5_000
  const outcome = 'ERR_CORRUPT'
  const sizes = Buffer.alloc(8 * 3)
  for (const [at, size] of [2 ** 52, 2 ** 52, 0].entries()) sizes.writeDoubleLE(size, 8 * at)
  const bombs: Record<string, readonly [codec: string, payload: Uint8Array, meta?: Uint8Array]> = {
    'msgpack-depth': ['msgpack', Buffer.concat([Buffer.alloc(deep, 0x91), Buffer.of(0xc0)])],
    'msgpack-length': ['msgpack', Buffer.of(0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0)],
    'msgpack-map-length': ['msgpack', Buffer.of(0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61, 0xc0)],
    'msgpack-record': ['msgpack', Buffer.of(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01)],
    'json-depth': ['json', Buffer.from('['.repeat(deep) + ']'.repeat(deep))],
    'structured-depth': ['structured', v8('A\x01'.repeat(deep), '0', '$\0\x01'.repeat(deep))],
    'structured-length': ['structured', v8('A', varint(2 ** 32 - 1), '0')],
    'structured-sparse': ['structured', v8('a', varint(2 ** 32 - 1), '@\0', varint(2 ** 32 - 1))],
    'structured-holes': [
      'structured',
      v8('A', [100], ...Array<string>(100).fill('a\x80\x90\x03@\0\x80\x90\x03'), '$\0', [100]),
    ],
    'structured-buffer': ['structured', v8('~', [0], varint(3e9))],
    'structured-string': ['structured', v8('"', varint(2 ** 31 - 1), 'x')],
    'structured-boxed': ['structured', serialize([Object(1)])],
    'ndarray-shape': [
      'ndarray',
      none,
      Buffer.concat([Buffer.of(7, 0, 3, 0), sizes.subarray(0, 16), sizes.subarray(0, 8)]),
    ],
    'tensor-shape': ['tensor', none, Buffer.from('01000200ffffffffffffffff', 'hex')],
    'tensor-texts': [
      'tensor',
      Buffer.from('ffffffff', 'hex'),
      Buffer.from('0104010001000000', 'hex'),
    ],
    'number-of-three-bytes': ['number', Buffer.alloc(3)],
    'bigint-without-sign': ['bigint', Buffer.alloc(12, 7)],
  }
  return Object.fromEntries(
    Object.entries(bombs).map(([name, [codec, payload, meta = none]]) => {
      return [name, { what: name, frame: framed(codec, payload, { meta }), outcome }]
    }),
  )
}

function graphBombs(): Record<string, Regression> {
  const box = (index: number): unknown => Object(index)
  const range = (count: number) => Array.from({ length: count }, (_, index) => index)
  const shared = new Uint8Array(10_000)
  const message = (...parts: readonly unknown[]) => serialize([...parts, [], []])
  const many = message(
    range(1_000).map(box),
    range(1_000).map(() => [2, 'bytes', 1, undefined, shared]),
  )
  const manyMeta = message(
    range(1_000).map(box),
    range(1_000).map(() => [2, 'test.bitmap', 1, shared, new Uint8Array(1)]),
  )
  let nested: Uint8Array = message(new Uint8Array(8_000), [])
  for (let level = 0; level < 600; level += 1)
    nested = message(box(0), [[2, 'graph', 1, undefined, new Uint8Array(nested)]])
  const inner = Buffer.from('010a746573742e6d6f6e65790200', 'hex')
  const meta = Buffer.concat(range(2_300).map(() => inner))
  return {
    'graph-shared-extras': {
      what: '1,000 members that share 10 kB, each of which was copied: 10 MB',
      frame: framed('graph', many),
      outcome: 'ERR_CORRUPT',
    },
    'graph-nested': {
      what: 'a graph within a graph, 600 times, each of which was copied twice: 20 MB',
      frame: framed('graph', nested),
      outcome: 'ERR_CORRUPT',
    },
    'graph-shared-meta': {
      what: 'the same with meta data',
      frame: framed('graph', manyMeta),
      outcome: 'ERR_CORRUPT',
    },
    'class-meta-nested': {
      what: 'meta data that name a codec again and again, each rest of which was copied: 37 MB',
      frame: framed('test.money', Buffer.of(0xc0), { version: 2, meta }),
      outcome: 'value',
    },
    'graph-self': {
      what: 'an instance that is within itself',
      frame: framed('graph', message(box(0), [[1, 'test.money', 2, box(0)]])),
      outcome: 'ERR_CORRUPT',
    },
    'graph-error-class': {
      what: 'an error of a class that is a method of every object',
      frame: framed('graph', message(box(0), [[0, 'toString', []]])),
      outcome: 'ERR_CORRUPT',
    },
    'graph-extras-depth': {
      what: 'extras within extras, 2,000 deep',
      frame: framed(
        'graph',
        message(
          box(0),
          range(2_000).map((index) => [0, 'Error', ['cause', box(index + 1), false]]),
        ),
      ),
      outcome: 'ERR_CORRUPT',
    },
    'billion-laughs': {
      what: 'lists of shared lists, 2^100 members if they were counted, 300 bytes in memory',
      frame: framed('structured', serialize(laughs(100))),
      outcome: 'value',
    },
    'prototype-name': {
      what: 'names that could change the prototype of every object',
      frame: framed(
        'msgpack',
        Buffer.from('82a95f5f70726f746f5f5f81a8706f6c6c7574656401a161c0', 'hex'),
      ),
      outcome: 'value',
    },
    'json-prototype-name': {
      what: 'the same as JSON',
      frame: framed(
        'json',
        Buffer.from('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'),
      ),
      outcome: 'value',
    },
  }
}

function laughs(levels: number): unknown[] {
  let list: unknown[] = []
  for (let level = 0; level < levels; level += 1) list = [list, list]
  return list
}
