/** Counters have four bits. */
const maxCount = 15
const rows = 4
/** A block is a line of the processor's cache: four words of eight counters for each row. */
const wordsPerBlock = 16
const entriesPerBlock = 8
const smallestBlocks = 8
/** After so many additions for each entry, all counters are halved. */
const additionsPerEntry = 10

/**
 * How often keys were used of late, from 0 to 15: a count-min sketch with four rows of 4-bit counters that are halved from
 * time to time (Einziger, Friedman and Manes, "TinyLFU", ACM Transactions on Storage 13(4), 2017, https://arxiv.org/abs/1512.00727).
 * A count may be too high, where keys share all of their counters, and before the first halving it is never too low.
 *
 * The four counters of a key are in one block of 64 bytes, so asking costs one line of the processor's cache (as in Caffeine,
 * https://github.com/ben-manes/caffeine). There are 16 counters, 8 bytes, for each entry of the capacity.
 */
export class FrequencySketch {
  #blocks: Int32Array
  #lastBlock: number
  #additions = 0

  /** @param entries how many entries it is to tell apart. Rounded up to a power of two, 64 at least. */
  constructor(entries = 0) {
    let blocks = smallestBlocks
    while (blocks * entriesPerBlock < entries) blocks *= 2
    this.#blocks = new Int32Array(blocks * wordsPerBlock)
    this.#lastBlock = blocks - 1
  }

  /** How many entries it is made for. */
  get capacity(): number {
    return (this.#lastBlock + 1) * entriesPerBlock
  }

  /** Notes `uses` of the key with `hash`. */
  add(hash: number, uses = 1): void {
    const words = this.#blocks
    const block = (hash & this.#lastBlock) * wordsPerBlock
    const places = placesOf(hash)
    let isAdded = false
    for (let row = 0; row < rows; row += 1) {
      const place = places >>> (12 + row * 5)
      const word = block + row * 4 + ((place >>> 3) & 3)
      const shift = (place & 7) * 4
      const value = words[word] as number
      const room = maxCount - ((value >>> shift) & maxCount)
      if (room === 0) continue
      words[word] = (value + (Math.min(uses, room) << shift)) | 0
      isAdded = true
    }
    if (!isAdded) return
    this.#additions += uses
    if (this.#additions >= this.capacity * additionsPerEntry) this.#age()
  }

  /** About how often the key with `hash` was used: 0 to 15. */
  count(hash: number): number {
    const words = this.#blocks
    const block = (hash & this.#lastBlock) * wordsPerBlock
    const places = placesOf(hash)
    let least = maxCount
    for (let row = 0; row < rows; row += 1) {
      const place = places >>> (12 + row * 5)
      const word = words[block + row * 4 + ((place >>> 3) & 3)] as number
      const count = (word >>> ((place & 7) * 4)) & maxCount
      if (count < least) least = count
    }
    return least
  }

  /**
   * Makes room for `entries`, in powers of two. What is known stays: a key's block is chosen by the low bits of its hash,
   * so after a doubling it is in a copy of its block.
   */
  grow(entries: number): void {
    while (this.capacity < entries) {
      const blocks = new Int32Array(this.#blocks.length * 2)
      blocks.set(this.#blocks)
      blocks.set(this.#blocks, this.#blocks.length)
      this.#blocks = blocks
      this.#lastBlock = blocks.length / wordsPerBlock - 1
    }
  }

  clear(): void {
    this.#blocks.fill(0)
    this.#additions = 0
  }

  #age(): void {
    const words = this.#blocks
    for (let word = 0; word < words.length; word += 1)
      words[word] = ((words[word] as number) >>> 1) & 0x7777_7777
    this.#additions >>>= 1
  }
}

/** Twenty bits, from the twelfth on, that say where in its block the counters of a key are: five for each row. */
function placesOf(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return mixed ^ (mixed >>> 13)
}
