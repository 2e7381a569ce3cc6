import { NotConvertible } from './not-convertible.ts'

/** Bytes of one stored value that are read into memory; a larger one is listed as skipped. */
export const maxValueBytes: number = 512 * 2 ** 20

/** Bytes that one compressed value may grow to. */
export const maxInflatedBytes: number = 256 * 2 ** 20

/** Levels of lists in lists; a store refuses values of more than 1,000. */
export const maxDepth = 500

/** What a container costs of {@link maxUnits}, against 1 for anything else: a Map of one entry takes some 200 bytes. */
const containerUnits = 8
const maxUnits = 32_000_000

/** Few enough that even slow ones (a hash table in which all collide) do not get far. */
const unitsPerLook = 512
const baseMilliseconds = 3_000
const millisecondsPerMiB = 2_000

/**
 * What the conversion of one value may cost in memory and time, so that a value made to exhaust them (many empty containers
 * in few bytes, numbers chosen to collide in a hash table) ends as skipped.
 */
export class Budget {
  readonly #deadline: number
  #units = 0
  #nextLook = unitsPerLook

  /** @param bytes length of the stored value. */
  constructor(bytes: number) {
    this.#deadline =
      processorMilliseconds() + baseMilliseconds + (bytes / 2 ** 20) * millisecondsPerMiB
  }

  /** Counts one plain item. @throws NotConvertible */
  item(): void {
    this.#spend(1)
  }

  /** Counts one list, dict or set. @throws NotConvertible */
  container(): void {
    this.#spend(containerUnits)
  }

  #spend(units: number): void {
    this.#units += units
    if (this.#units < this.#nextLook) return
    this.#nextLook = this.#units + unitsPerLook
    if (this.#units > maxUnits) throw new NotConvertible('holds too many items')
    if (processorMilliseconds() > this.#deadline) throw new NotConvertible('takes too long to read')
  }
}

/** Time that this process has computed: on a busy machine a value must not be refused for what others do. */
function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
