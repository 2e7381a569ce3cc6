import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { mapPrivate, mapShared, mapsAvailable, mapUncounted } from '../../src/util/memory-map.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const { available, reason } = mapsAvailable()
const maps = describe.skipIf(!available)
if (!available) console.log(`no memory maps here: ${reason}`)

/** A file of `size` bytes that differ from page to page. */
function makeFile(size: number, seed = 1): string {
  const path = join(temporaryDirectory(), 'file')
  writeFileSync(path, patterned(size, seed))
  return path
}

const byteAt = (index: number, seed: number) => (index * 31 + (index >>> 12) * seed) & 255
const patterned = (size: number, seed = 1) =>
  Uint8Array.from({ length: size }, (_, index) => byteAt(index, seed))

function open(path: string, flags: string | number = 'r'): number {
  const descriptor = openSync(path, flags)
  onTestFinished(() => {
    try {
      closeSync(descriptor)
    } catch {}
  })
  return descriptor
}

/** Maps, and closes at once. */
function mapFile(path: string, size: number, map = mapPrivate): Uint8Array {
  const descriptor = openSync(path, 'r')
  const view = map(descriptor, size)
  closeSync(descriptor)
  if (view === undefined) throw new Error('not mapped')
  return view
}

/** `Buffer.equals` is fast where `toEqual` on a large array is not. */
const isSame = (actual: Uint8Array, expected: Uint8Array) => Buffer.from(actual).equals(expected)

maps.each([mapPrivate, mapUncounted])('$name', (map) => {
  it.each([1, 7, 4095, 4096, 4097, 65_535, 65_536, 65_537, 1_048_579])(
    'shows all %d bytes of a file',
    (size) => {
      const view = mapFile(makeFile(size), size, map)
      expect(view).toHaveLength(size)
      expect(isSame(view, patterned(size))).toBe(true)
      expect(view.byteOffset).toBe(0)
    },
  )

  it('shows the beginning of a file', () => {
    const view = mapFile(makeFile(100_000), 5000, map)
    expect(view).toHaveLength(5000)
    expect(isSame(view, patterned(5000))).toBe(true)
  })

  it('shows nothing of the file beyond the size, but zeros', () => {
    const view = mapFile(makeFile(70_000), 70_000, map)
    const rest = new Uint8Array(view.buffer, 70_000)
    expect(rest.every((byte) => byte === 0)).toBe(true)
  })

  it('maps 4 GiB', () => {
    const size = 2 ** 32
    const descriptor = open(join(temporaryDirectory(), 'sparse'), 'w+')
    ftruncateSync(descriptor, size)
    const view = map(descriptor, size)
    expect(view?.byteLength).toBe(size)
    expect(view?.[size - 1]).toBe(0)
  })

  it('outlives the descriptor, the name and a replacement of the file', () => {
    const size = 300_000
    const path = makeFile(size)
    const [renamed, unlinked] = [mapFile(path, size, map), mapFile(path, size, map)]
    renameSync(makeFile(size, 2), path)
    const later = mapFile(path, size, map)
    unlinkSync(path)
    expect(isSame(renamed, patterned(size))).toBe(true)
    expect(isSame(unlinked, patterned(size))).toBe(true)
    expect(isSame(later, patterned(size, 2))).toBe(true)
  })

  it('has a buffer of its kind', () => {
    const { buffer } = mapFile(makeFile(100), 100, map)
    expect(buffer).toBeInstanceOf(map === mapPrivate ? ArrayBuffer : SharedArrayBuffer)
  })

  it('keeps what is written into a view to that view', () => {
    const size = 20_000
    const path = makeFile(size)
    const before = mapFile(path, size, map)
    const view = mapFile(path, size, map)
    view.fill(0)
    expect(view.every((byte) => byte === 0)).toBe(true)
    expect(isSame(before, patterned(size))).toBe(true)
    expect(isSame(mapFile(path, size, map), patterned(size))).toBe(true)
    expect(isSame(readFileSync(path), patterned(size))).toBe(true)
  })
})

maps('what cannot be mapped', () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a size of %d', (size) => {
    expect(mapPrivate(open(makeFile(100)), size)).toBeUndefined()
  })

  it('more than 4 GiB', () => {
    const descriptor = open(join(temporaryDirectory(), 'sparse'), 'w+')
    ftruncateSync(descriptor, 2 ** 32 + 1)
    expect(mapPrivate(descriptor, 2 ** 32 + 1)).toBeUndefined()
  })

  // Touching what is not in the file would kill the process.
  it('more than there is', () => {
    const descriptor = open(makeFile(70_000))
    expect(mapPrivate(descriptor, 70_001)).toBeUndefined()
    expect(mapPrivate(descriptor, 70_000)).toHaveLength(70_000)
    const empty = open(makeFile(0))
    expect(mapPrivate(empty, 1)).toBeUndefined()
  })

  it('a descriptor that is closed, negative or writable only', () => {
    const descriptor = openSync(makeFile(100), 'r')
    closeSync(descriptor)
    expect(mapPrivate(descriptor, 100)).toBeUndefined()
    expect(mapPrivate(-1, 100)).toBeUndefined()
    expect(mapPrivate(open(makeFile(100), constants.O_WRONLY), 100)).toBeUndefined()
  })

  it('what is no regular file', () => {
    expect(mapPrivate(open(temporaryDirectory()), 100)).toBeUndefined()
    expect(mapPrivate(open('/dev/zero'), 100)).toBeUndefined()
  })
})

// V8 lets foreign memory be detached; its pages would then be unmapped under the feet of the new owner.
maps.each([mapPrivate, mapUncounted])('a buffer of $name stays where it is', (map) => {
  const size = 200_000
  const attempts: Record<string, (view: Uint8Array) => unknown> = {
    'structuredClone with transfer': (view) =>
      structuredClone(view, { transfer: [view.buffer as ArrayBuffer] }),
    'ArrayBuffer.transfer': (view) => (view.buffer as ArrayBufferLike & Transferable).transfer(),
    'ArrayBuffer.transferToFixedLength': (view) =>
      (view.buffer as ArrayBufferLike & Transferable).transferToFixedLength(),
    postMessage: (view) => {
      const { port1 } = new MessageChannel()
      try {
        port1.postMessage(view, [view.buffer as ArrayBuffer])
      } finally {
        port1.close()
      }
    },
    'a byte stream': (view) =>
      new ReadableStream({ type: 'bytes', start: (controller) => controller.enqueue(view) })
        .getReader()
        .read(),
    'a reader that brings its own buffer': (view) =>
      new ReadableStream({
        type: 'bytes',
        pull: (controller) => controller.byobRequest?.respond(1),
      })
        .getReader({ mode: 'byob' })
        .read(view),
  }
  type Transferable = { transfer(): unknown; transferToFixedLength(): unknown }

  it.each(Object.keys(attempts))('%s', async (name) => {
    const view = mapFile(makeFile(size), size, map)
    // Refused, or copied instead: both are fine.
    await Promise.resolve(view)
      .then(attempts[name])
      .catch((error) => expect(error).toBeInstanceOf(Error))
    expect(view).toHaveLength(size)
    expect(isSame(view, patterned(size))).toBe(true)
  })

  it('and can be copied', () => {
    const view = mapFile(makeFile(size), size, map)
    expect(isSame(structuredClone(view), patterned(size))).toBe(true)
  })
})

maps('mapShared', () => {
  it('shows and stores what any map of the file writes', () => {
    const path = makeFile(8192)
    const [one, two] = [open(path, 'r+'), open(path, 'r+')].map((file) => mapShared(file, 8192))
    const count = new Int32Array(one?.buffer as ArrayBuffer, 4096, 1)
    Atomics.store(count, 0, 41)
    Atomics.add(new Int32Array(two?.buffer as ArrayBuffer, 4096, 1), 0, 1)
    expect(Atomics.load(count, 0)).toBe(42)
    expect(readFileSync(path).readInt32LE(4096)).toBe(42)
  })

  it('sees the writes of another process', () => {
    const path = makeFile(4096)
    const shared = mapShared(open(path, 'r+'), 4096)
    const program = "fs.writeSync(fs.openSync(process.argv[1], 'r+'), 'hello', 100)"
    spawnSync(process.execPath, ['-e', program, path], { stdio: 'inherit' })
    expect(Buffer.from(shared?.subarray(100, 105) ?? []).toString()).toBe('hello')
  })

  it('needs a descriptor that can be written', () => {
    expect(mapShared(open(makeFile(4096)), 4096)).toBeUndefined()
  })
})
