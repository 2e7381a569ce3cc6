import { fstatSync } from 'node:fs'
import { pulseBeforeMap } from './collection-pulse.ts'
import { hasRoomForMap, noteMap, pauseMaps } from './map-room.ts'
import { findOptional } from './optional-package.ts'

/*
 * A map lies over the pages of a WebAssembly memory of its own, put there with MAP_FIXED. Nothing else gives V8 an
 * ArrayBuffer that
 * - V8 itself unmaps, at the moment when no view can reach it any more, in the middle of a loop too, and when a worker ends;
 * - cannot be detached. A buffer made by N-API over foreign memory can: `transfer()`, byte streams and BYOB readers move the
 *   pages to a new ArrayBuffer, the old one is collected, its finalizer unmaps, and the next touch kills the process.
 * The reservation of 8 or 10 GiB that V8 makes around each is address space, not memory; map-room.ts watches it.
 *
 * V8 takes an ArrayBuffer for as much memory as it is long, mapped or not, and answers more than 64 MiB of them with steps of
 * garbage collection: 2 to 8 ms for a map of 1 GB of which one page will be touched. It does not count SharedArrayBuffers.
 */

/** Pages of WebAssembly, a multiple of those of every processor. */
const WASM_PAGE = 65_536
/** What a WebAssembly memory can hold: 4 GiB. */
const MAX_SIZE = 65_536 * WASM_PAGE

// The same on Linux and macOS.
const PROT_READ = 1
const PROT_READ_WRITE = 3
const MAP_SHARED = 0x01
const MAP_PRIVATE = 0x02
const MAP_FIXED = 0x10
const MAP_FAILED = -1

type Mmap = (
  address: bigint,
  length: number,
  protection: number,
  flags: number,
  descriptor: number,
  offset: number,
) => number | bigint

interface Koffi {
  load(library: null): { func(declaration: string): Mmap }
  address(value: Uint8Array): bigint
  sizeof(type: string): number
}

type Memory = new (size: {
  initial: number
  maximum: number
  shared: boolean
}) => { readonly buffer: ArrayBufferLike }

interface Manner {
  /** `MAP_PRIVATE` or `MAP_SHARED`. */
  readonly sharing: number
  readonly protection: number
  readonly isCounted: boolean
}

/** What maps are made with, or why there are none. */
type Maker =
  | { readonly mmap: Mmap; readonly Memory: Memory; readonly addressOf: Koffi['address'] }
  | { readonly reason: string }

let maker: Maker | undefined

/** Whether files can be mapped here, and if not, why. */
export function mapsAvailable(): { readonly available: boolean; readonly reason?: string } {
  maker ??= findMaker()
  return 'reason' in maker ? { available: false, reason: maker.reason } : { available: true }
}

/**
 * The first `size` bytes of a file as memory, without reading them: pages come in when they are touched. What is written
 * there stays private, also on a descriptor that is only readable. The descriptor can be closed at once, and the file
 * renamed, replaced or deleted: the bytes stay until the last view of them has been collected. Its ArrayBuffer cannot be
 * transferred, and may be up to 64 KiB longer than `size`, with zeros.
 *
 * Only for files that nobody changes or shortens: touching what is no longer in the file, or what the disk cannot read,
 * kills the process with SIGBUS. No check can exclude that beforehand; a file that is too short already is not mapped.
 * @returns `undefined` where it cannot be mapped: read it then. No koffi, no such system call (Windows), no regular file,
 *   less than `size` bytes in it, `size` 0 or above 4 GiB, or too many maps alive (thousands).
 */
export function mapPrivate(descriptor: number, size: number): Uint8Array | undefined {
  return map(descriptor, size, {
    sharing: MAP_PRIVATE,
    protection: PROT_READ_WRITE,
    isCounted: true,
  })
}

/**
 * As {@link mapPrivate}, over a SharedArrayBuffer: V8 does not count it as memory, so that it costs the same whatever its
 * size. Only where callers can do with such a buffer: several functions of the web platform refuse it, and threads to which
 * it is posted share its pages, also what is written there.
 */
export function mapUncounted(descriptor: number, size: number): Uint8Array | undefined {
  return map(descriptor, size, {
    sharing: MAP_PRIVATE,
    protection: PROT_READ_WRITE,
    isCounted: false,
  })
}

/**
 * The same, shared: what is written there is seen by all who map the file, and reaches the file. The descriptor must be open
 * for reading and writing. `Atomics` works on it between processes, except `wait` and `notify`.
 */
export function mapShared(descriptor: number, size: number): Uint8Array | undefined {
  return map(descriptor, size, {
    sharing: MAP_SHARED,
    protection: PROT_READ_WRITE,
    isCounted: true,
  })
}

/** The same for a descriptor that is only readable, to watch what others write. Writing to it kills the process. */
export function mapSharedReadonly(descriptor: number, size: number): Uint8Array | undefined {
  return map(descriptor, size, { sharing: MAP_SHARED, protection: PROT_READ, isCounted: true })
}

function map(
  descriptor: number,
  size: number,
  { sharing, protection, isCounted }: Manner,
): Uint8Array | undefined {
  maker ??= findMaker()
  if ('reason' in maker) return undefined
  if (!Number.isInteger(size) || size <= 0 || size > MAX_SIZE) return undefined
  if (!holds(descriptor, size) || !hasRoomForMap()) return undefined
  if (!isCounted) pulseBeforeMap(size)
  const buffer = reserve(maker.Memory, size, isCounted)
  if (buffer === undefined) return undefined
  const view = new Uint8Array(buffer, 0, size)
  const address = maker.addressOf(view)
  const flags = sharing | MAP_FIXED
  // Where this fails, the memory is simply not used: V8 unmaps its range, whatever is left there.
  if (maker.mmap(address, size, protection, flags, descriptor, 0) === MAP_FAILED) {
    return undefined
  }
  noteMap(buffer)
  return view
}

/** Pages beyond the end of a file can be mapped, and kill whoever touches them. */
function holds(descriptor: number, size: number): boolean {
  try {
    return fstatSync(descriptor).size >= size
  } catch {
    // Not an open descriptor: reading from it says so.
    return false
  }
}

function reserve(Memory: Memory, size: number, isCounted: boolean): ArrayBufferLike | undefined {
  const pages = Math.ceil(size / WASM_PAGE)
  try {
    return new Memory({ initial: pages, maximum: pages, shared: !isCounted }).buffer
  } catch {
    // No address space (`ulimit -v`, say). V8 collected all garbage several times before it gave up: not for every read.
    pauseMaps()
    return undefined
  }
}

function findMaker(): Maker {
  const { platform, versions } = process
  const { WebAssembly } = globalThis as { WebAssembly?: { Memory: Memory } }
  if (platform !== 'linux' && platform !== 'darwin') {
    return { reason: `files are not mapped on ${platform}` }
  }
  if (process.env['HOLDFAST_MAPS'] === 'off') {
    return { reason: 'maps are switched off (HOLDFAST_MAPS=off)' }
  }
  // Other engines, and V8 with its sandbox, give freed pages to others instead of unmapping them.
  if (versions['bun'] !== undefined || versions['electron'] !== undefined || isSandboxed()) {
    return { reason: 'this runtime manages the memory of buffers in a way that maps cannot share' }
  }
  if (WebAssembly === undefined) return { reason: 'WebAssembly is off (--jitless)' }
  try {
    const koffi = findOptional<Koffi>('koffi')
    if (koffi === undefined) return { reason: "it needs the package 'koffi' (npm install koffi)" }
    if (koffi.sizeof('long') !== 8) return { reason: 'files are mapped on 64-bit systems only' }
    // The process itself has the symbols of its C library, whatever that is called here.
    const mmap = koffi
      .load(null)
      .func('intptr_t mmap(void *address, size_t, int, int, int descriptor, long offset)')
    // Asked of a buffer at once: a koffi that cannot answer must not be found out at the first read.
    if (typeof koffi.address(new Uint8Array(8)) !== 'bigint') {
      return { reason: "it needs a newer version of the package 'koffi'" }
    }
    return { mmap, Memory: WebAssembly.Memory, addressOf: koffi.address }
  } catch (error) {
    return { reason: `the package 'koffi' cannot be used here: ${(error as Error).message}` }
  }
}

function isSandboxed(): boolean {
  const variables = process.config?.variables as Record<string, unknown> | undefined
  return Boolean(variables?.['v8_enable_sandbox'])
}
