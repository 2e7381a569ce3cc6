import type { Codec } from '../contracts/codec.ts'
import type { OpenFrame } from '../frame/frame.ts'
import type { HotReads } from './hot-reads.ts'

/**
 * What a hot entry holds:
 * - `absent`: the knowledge that its key has no entry.
 * - `value`: a value that nobody can change.
 * - `frame`: a frame that was stored here and that nobody has asked for yet.
 * - `sealed`: a frame that stays encrypted: each read decrypts.
 * - `bytes`: what the codec made of a value; nobody has looked yet whether it is one of the next two.
 * - `plain`: bytes whose value holds none of them: each read decodes them.
 * - `views`: bytes whose value may be made of them: each read decodes a copy.
 */
export type HotState = 'absent' | 'value' | 'frame' | 'sealed' | 'bytes' | 'plain' | 'views'

const none = new Uint8Array(0)

/** One entry that a process keeps, or the absence of one. */
export class HotEntry {
  /** What it is found by: the key itself if that is text or a number, otherwise its canonical text. */
  readonly index: string | number
  readonly isText: boolean
  /** The store it is of. */
  readonly owner: HotReads
  readonly slot: number
  /** What the version page said when its row was read. */
  version = 0
  epoch = 0
  /** Milliseconds since the epoch; `Infinity` = never. */
  expires: number = Number.POSITIVE_INFINITY
  flags = 0
  state: HotState = 'absent'
  value: unknown = undefined
  /** A frame in the state `frame`, what the codec made in `bytes`, `plain` and `views`. */
  bytes: Uint8Array = none
  frame: OpenFrame | undefined = undefined
  codec: Codec | undefined = undefined
  codecVersion = 1
  meta: Uint8Array = none
  /** Bytes it counts for in the budget. */
  size = 0
  /** Uses that the store was not told of yet, and the stamp of the last. */
  uses = 0
  used = 0
  /** Whether it was read since the hand of the clock last came by. */
  isVisited = false
  /** Whether it is still in its set. */
  isKept = true
  older: HotEntry | undefined = undefined
  newer: HotEntry | undefined = undefined

  constructor(owner: HotReads, slot: number, index: string | number, isText: boolean) {
    this.owner = owner
    this.slot = slot
    this.index = index
    this.isText = isText
  }

  /** @throws what the codec throws. */
  decode(bytes: Uint8Array): unknown {
    return this.codec?.decode(bytes, { meta: this.meta, version: this.codecVersion })
  }

  /** Lets go of what it holds: it may stay in a list of uses for a while, but needs no room there. */
  release(): void {
    this.isKept = false
    this.value = undefined
    this.bytes = none
    this.frame = undefined
    this.older = undefined
    this.newer = undefined
  }
}
