import { readFileSync } from 'node:fs'

/** Address space that V8 reserves around a WebAssembly memory: 10 GiB up to V8 11, then 8. */
const RESERVED_BYTES = 10 * 2 ** 30
/** Lines of `/proc/self/maps` that a map adds: its pages, the rest of its last 64 KiB, the reservation. */
const RANGES_EACH = 3
/** With less room than for that many maps, none is made: others need ranges and addresses too. */
const SPARE_MAPS = 512
/** For so many maps the answer of the kernel is taken to hold. */
const MAPS_PER_ANSWER = 1024
const REFUSALS_PER_ANSWER = 256
/** Where the kernel cannot be asked. */
const MAX_LIVE = 1024

/** What Linux allows a process unless told otherwise. */
const USUAL_MAX_RANGES = 65_530
const USUAL_TOP = 2 ** 47

let answer = false
let asksLeft = 0
let live = 0

/** Holds nothing of the buffers. It may be late (in a loop without awaits it never runs), so `live` is at least the truth. */
const collected = new FinalizationRegistry<undefined>(() => {
  live -= 1
})

/**
 * Whether the process can have one more map. A process that runs out of ranges (`vm.max_map_count`) or of address space
 * cannot allocate memory or start threads any more, so maps leave half of both alone. All threads share them, and V8 frees
 * maps at times of its own: only the kernel knows, and it is asked once in a while.
 */
export function hasRoomForMap(): boolean {
  if (asksLeft === 0) ask()
  asksLeft -= 1
  return answer
}

/** Makes {@link hasRoomForMap} say no for some time. */
export function pauseMaps(): void {
  answer = false
  asksLeft = REFUSALS_PER_ANSWER
}

/** Counts a new map of this thread until its buffer is collected. */
export function noteMap(buffer: ArrayBufferLike): void {
  live += 1
  collected.register(buffer, undefined)
}

function ask(): void {
  const room = roomOfProcess()
  if (room < SPARE_MAPS) {
    pauseMaps()
    return
  }
  answer = true
  // An eighth: other threads ask too, and act on the same answer.
  asksLeft = Math.min(MAPS_PER_ANSWER, Math.floor(room / 8))
}

/** So many more maps are fine. */
function roomOfProcess(): number {
  let ranges: string
  let status: string
  try {
    ranges = readFileSync('/proc/self/maps', 'latin1')
    status = readFileSync('/proc/self/status', 'latin1')
  } catch {
    // macOS has no limit on ranges.
    return live < MAX_LIVE ? SPARE_MAPS : 0
  }
  const used = Number(/^VmSize:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
  const byAddresses = (addressSpace(ranges) / 2 - used) / RESERVED_BYTES
  const byRanges = (maxRanges() / 2 - countLines(ranges)) / RANGES_EACH
  return Math.floor(Math.min(byAddresses, byRanges))
}

/** The stack lies at its top: below 2^47 on most systems, 2^39 on small ARM ones. */
function addressSpace(ranges: string): number {
  const stack = /-([0-9a-f]+) .*\[stack\]$/m.exec(ranges)?.[1]
  return stack === undefined ? USUAL_TOP : Number.parseInt(stack, 16)
}

function maxRanges(): number {
  try {
    return Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1')) || USUAL_MAX_RANGES
  } catch {
    return USUAL_MAX_RANGES
  }
}

function countLines(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}
