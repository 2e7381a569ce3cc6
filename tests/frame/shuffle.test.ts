import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { buildShuffle } from '../../scripts/build-shuffle.mjs'
import {
  canShuffle,
  shuffle,
  shufflePlainly,
  unshuffle,
  unshufflePlainly,
} from '../../src/frame/shuffle.ts'
import { blockBytes, shuffleKernel } from '../../src/frame/shuffle-kernel.ts'
import { noise } from './compression-support.ts'

const widths = [2, 4, 8, 16] as const

function plain(bytes: Uint8Array, width: number): Uint8Array {
  const planes = new Uint8Array(bytes.length)
  shufflePlainly(bytes, planes, width, 0)
  return planes
}

describe('shuffle', () => {
  it('puts equal bytes of all elements side by side and leaves the rest at the end', () => {
    const bytes = Uint8Array.from([0x10, 0x11, 0x20, 0x21, 0x30, 0x31, 0xff])
    expect([...shuffle(bytes, 2)]).toEqual([0x10, 0x20, 0x30, 0x11, 0x21, 0x31, 0xff])
  })

  it('is what a loop without the kernel gives, whatever the length, and can be undone', () => {
    expect(shuffleKernel()).toBeDefined()
    const lengths = fc.oneof(
      fc.nat(2_000),
      fc.nat(40).map((off) => blockBytes - 20 + off),
      fc.nat(40).map((off) => 2 * blockBytes - 20 + off),
    )
    fc.assert(
      fc.property(lengths, fc.constantFrom(...widths), fc.nat(), (length, width, seed) => {
        const bytes = noise(length, seed)
        const planes = shuffle(bytes, width)
        expect(Buffer.compare(planes, plain(bytes, width))).toBe(0)
        expect(Buffer.compare(unshuffle(planes, width), bytes)).toBe(0)
        const back = new Uint8Array(length)
        unshufflePlainly(planes, back, width, 0)
        expect(Buffer.compare(back, bytes)).toBe(0)
      }),
      { numRuns: 100 },
    )
  })

  it('reads views that begin anywhere, and writes where it is told', () => {
    const bytes = noise(5_003).subarray(3)
    const room = new Uint8Array(5_100)
    const target = room.subarray(7, 7 + bytes.length)
    expect(unshuffle(shuffle(bytes, 8), 8, target)).toBe(target)
    expect(Buffer.compare(target, bytes)).toBe(0)
    expect(room[6]).toBe(0)
    expect(room[7 + bytes.length]).toBe(0)
  })

  it('is for elements of 2, 4, 8 and 16 bytes', () => {
    const sizes = Array.from({ length: 20 }, (_, size) => size)
    expect(sizes.filter((size) => canShuffle(size))).toEqual([2, 4, 8, 16])
  })

  it('keeps to its memory, whose size never changes', () => {
    const kernel = shuffleKernel()
    const before = kernel?.memory.byteLength
    shuffle(noise(1_000_000), 16)
    expect(kernel?.memory.byteLength).toBe(before)
    expect(before).toBe(4 * 65_536)
  })
})

describe('without WebAssembly', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it.each([
    ['missing', undefined],
    [
      'refusing the module',
      {
        Module: class {
          constructor() {
            throw new Error('no SIMD')
          }
        },
      },
    ],
  ])('%s, the result is the same', async (_, stub) => {
    vi.stubGlobal('WebAssembly', stub)
    vi.resetModules()
    const kernel = await import('../../src/frame/shuffle-kernel.ts')
    const fresh = await import('../../src/frame/shuffle.ts')
    expect(kernel.shuffleKernel()).toBeUndefined()
    for (const width of widths) {
      const bytes = noise(10_007, width)
      const planes = fresh.shuffle(bytes, width)
      expect(Buffer.compare(planes, shuffle(bytes, width))).toBe(0)
      expect(Buffer.compare(fresh.unshuffle(planes, width), bytes)).toBe(0)
    }
  })
})

describe('the kernel', () => {
  it('is what assembly/shuffle.ts compiles to', async () => {
    const { readFileSync } = process.getBuiltinModule('node:fs')
    const written = readFileSync(new URL('../../src/frame/shuffle-wasm.ts', import.meta.url))
    expect(written.toString()).toBe(await buildShuffle())
  })
})
