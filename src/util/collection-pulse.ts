import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'

/** V8 answers a new buffer above this size (64 MiB) with a step of garbage collection. */
const SEEN_BYTES = 2 ** 26 + 8
/** So many uncounted maps may be made between two pulses; some hundred are alive at most, then. */
const MAPS_PER_PULSE = 256
/** Bytes of uncounted maps between two looks at the memory of the process, in no case more than this. */
const MAX_BYTES_PER_LOOK = 2 ** 32
const SHARE_OF_MEMORY = 8

let maps = 0
let bytes = 0
let share: number | undefined

/**
 * To be called before each map over memory that V8 does not count. In a program that makes little other garbage, nothing
 * would ever have it collect such maps: so after a number of them it gets to see one large buffer, of which no page is ever
 * touched. It answers with a collection that takes some milliseconds, once for all of those maps.
 *
 * How long they are matters only where they are written to: then their pages are memory of this process alone.
 */
export function pulseBeforeMap(size: number): void {
  share ??= memoryOfProcess() / SHARE_OF_MEMORY
  const isLookDue = bytes >= Math.min(share, MAX_BYTES_PER_LOOK)
  if (isLookDue) bytes = 0
  if (maps >= MAPS_PER_PULSE || (isLookDue && ownMemory() >= share)) {
    pulse()
    maps = 0
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

/** Memory that this process has to itself: not the pages of files, which the kernel can take back. */
function ownMemory(): number {
  try {
    const status = readFileSync('/proc/self/status', 'latin1')
    return Number(/^RssAnon:\s*(\d+) kB/m.exec(status)?.[1]) * 1024
  } catch {
    return process.memoryUsage.rss()
  }
}

/** What the process may use: less than the machine has where a container limits it. */
function memoryOfProcess(): number {
  const total = totalmem()
  const limit = process.constrainedMemory()
  return limit > 0 && limit < total ? limit : total
}
