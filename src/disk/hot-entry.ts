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

/** How the bytes of an entry become its value. */
export interface HotSource {
  readonly codec: Codec
  readonly about: { readonly meta: Uint8Array; readonly version: number }
}

/**
 * One entry that a process keeps, or the absence of one. What a hit looks at comes first and in the object itself, so that it
 * costs one line of the processor's cache: `null` for never, because a number such as Infinity would lie elsewhere.
 */
export class HotEntry {
  readonly slot: number
  /** What the version page said when its row was read. */
  version = 0
  epoch = 0
  /** Milliseconds since the epoch, `null` = never. */
  expires: number | null = null
  state: HotState = 'absent'
  value: unknown = undefined
  /** Whether it was read since the hand of the hot set last came by. */
  isVisited = false
  /** Uses that the store was not told of yet, and the stamp of the first of them. */
  uses = 0
  used = 0
  /** What it is found by: the key itself if that is text or a number, otherwise its canonical text. */
  readonly index: string | number
  readonly isText: boolean
  /** The store it is of. */
  readonly owner: HotReads
  flags = 0
  /** A frame in the state `frame`, what the codec made in `bytes`, `plain` and `views`. */
  bytes: Uint8Array = none
  source: HotSource | undefined = undefined
  /** In the state `sealed`. */
  frame: OpenFrame | undefined = undefined
  /** Bytes it counts for in the budget. */
  size = 0
  /** Whether it is still in its set. */
  isKept = true
  older: HotEntry | undefined = undefined
  newer: HotEntry | undefined = undefined

  constructor(owner: HotReads, slot: number, index: string | number, isText: boolean) {
    this.slot = slot
    this.index = index
    this.isText = isText
    this.owner = owner
  }

  /** @throws what the codec throws. */
  decode(bytes: Uint8Array): unknown {
    return this.source?.codec.decode(bytes, this.source.about)
  }

  /** Holds what was stored until somebody asks for it. */
  holdFrame(frame: Uint8Array): void {
    // Small frames share their memory with others, which would be kept along. Bytes in the state `frame` were given to nobody.
    if (this.state === 'frame' && this.bytes.byteLength === frame.byteLength) this.bytes.set(frame)
    else this.bytes = new Uint8Array(frame)
    this.state = 'frame'
    this.value = undefined
    this.source = undefined
    this.frame = undefined
  }

  /** Lets go of what it holds: it may stay in a list of uses for a while, but needs no room there. */
  release(): void {
    this.isKept = false
    this.value = undefined
    this.bytes = none
    this.source = undefined
    this.frame = undefined
    this.older = undefined
    this.newer = undefined
  }
}
