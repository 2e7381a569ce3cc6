import { totalmem } from 'node:os'

/** V8 answers a new buffer above this size (64 MiB) with a step of garbage collection. */
const SEEN_BYTES = 2 ** 26 + 8
/** So many uncounted maps may be made between two pulses; some hundred are alive at most, then. */
const MAPS_PER_PULSE = 256
/** Bytes of uncounted maps between two pulses, in no case more than this. */
const MAX_BYTES_PER_PULSE = 2 ** 32
/** Whoever writes to all of his maps turns them into real memory: three to five times a pulse's share can be alive. */
const SHARE_OF_MEMORY = 8

let maps = 0
let bytes = 0
let bytesPerPulse: number | undefined

/**
 * To be called before each map over memory that V8 does not count. In a program that makes little other garbage, nothing
 * would ever have it collect such maps: so after a number of them, or of their bytes, it gets to see one large buffer, of
 * which no page is ever touched. That costs some milliseconds, once for all of those maps.
 */
export function pulseBeforeMap(size: number): void {
  bytesPerPulse ??= Math.min(MAX_BYTES_PER_PULSE, memoryOfProcess() / SHARE_OF_MEMORY)
  if (maps >= MAPS_PER_PULSE || bytes >= bytesPerPulse) {
    pulse()
    maps = 0
    bytes = 0
  }
  maps += 1
  bytes += size
}

function pulse(): void {
  try {
    void new ArrayBuffer(SEEN_BYTES)
  } catch {
    // No address space: V8 has collected all that it could before it said so, which is what was wanted.
  }
}

/** What the process may use: less than the machine has where a container limits it. */
function memoryOfProcess(): number {
  const total = totalmem()
  const limit = process.constrainedMemory()
  return limit > 0 && limit < total ? limit : total
}
