import * as fs from 'node:fs'
import { xxh3128 } from '../util/xxh3.ts'
import { hashOfFile } from './content-hash.ts'
import { type ContentMemo, stateOf } from './content-memo.ts'
import type { ContentPool } from './content-pool.ts'
import { ContentChanged, type ContentTree, type FileNode, refused } from './content-tree.ts'
import { type BlockOutcome, type BlockTask, blockSize, readBlocks } from './read-blocks.ts'

/** How far hashing has come. */
export interface ContentProgress {
  /** Files whose hash is known, those that were remembered included. */
  readonly files: number
  /** Bytes of these files, and of what was read so far of others. */
  readonly bytes: number
  /** How many files there are; absent while a folder is still being looked through. */
  readonly totalFiles?: number
  /** How many bytes they have; absent while a folder is still being looked through. */
  readonly totalBytes?: number
}

/** Blocks read at a stretch, by a thread or between two turns of the event loop. */
const rangeBlocks = 16

/** Most that a thread gets at once. */
const batchTasks = 64
const batchBytes = rangeBlocks * blockSize

/**
 * From so much on other threads read. Measured (docs/concepts/keys.md): with less, starting them costs more than they gain;
 * with this much they are faster when the disk is what takes long, and the event loop stays free for longer than it takes
 * to notice.
 */
const threadsFrom = { files: 2_000, bytes: 256 * 2 ** 20 }

/** A file in pieces: `digests[n]` are those of piece n once it was read. */
interface Pending {
  readonly node: FileNode
  readonly digests: (readonly bigint[])[]
  left: number
}

interface Piece {
  readonly pending: Pending
  readonly index: number
  readonly task: BlockTask
}

/** Gives every file of a tree its hash. */
export class ContentWork {
  readonly #tree: ContentTree
  readonly #memo: ContentMemo
  readonly #onProgress: ((progress: ContentProgress) => void) | undefined
  /** How many files of the tree {@link #count} has been through. */
  #seen = 0
  #unhashed: FileNode[] = []
  #files = 0
  #bytes = 0
  #totalBytes = 0

  constructor(
    tree: ContentTree,
    memo: ContentMemo,
    onProgress?: (progress: ContentProgress) => void,
  ) {
    this.#tree = tree
    this.#memo = memo
    this.#onProgress = onProgress
  }

  /** Tells how far it is; with totals once the whole tree has been looked through. */
  report(looked: boolean): void {
    if (this.#onProgress === undefined) return
    this.#count()
    const sofar = { files: this.#files, bytes: this.#bytes }
    const totals = { totalFiles: this.#tree.files.length, totalBytes: this.#totalBytes }
    this.#onProgress(looked ? { ...sofar, ...totals } : sofar)
  }

  /** Hashes what has no hash yet, in this thread, pausing after each piece. */
  *here(): Generator<undefined, void> {
    this.#count()
    for (const node of this.#unhashed) {
      if (node.hash !== undefined) continue
      for (const piece of piecesOf(node)) {
        this.#take(piece, readBlocks(tools(), piece.task))
        yield
      }
    }
  }

  /** Hashes what has no hash yet in other threads, if it is enough to be worth it and there can be any. */
  async inThreads(pool: ContentPool, signal: AbortSignal | undefined): Promise<void> {
    this.#count()
    const bytes = this.#unhashed.reduce((sum, node) => sum + node.size, 0)
    if (this.#unhashed.length < threadsFrom.files && bytes < threadsFrom.bytes) return
    const batches = inBatches(this.#unhashed.flatMap(piecesOf))
    const read = (index: number, outcomes: readonly BlockOutcome[]) => {
      const pieces = batches[index] ?? []
      outcomes.forEach((outcome, at) => {
        const piece = pieces[at]
        if (piece !== undefined) this.#take(piece, outcome)
      })
      this.report(true)
    }
    // What threads could not do is left without a hash, and done here.
    await pool.run(
      batches.map((pieces) => pieces.map((piece) => piece.task)),
      read,
      signal,
    )
  }

  #count(): void {
    const { files } = this.#tree
    for (; this.#seen < files.length; this.#seen += 1) {
      const node = files[this.#seen] as FileNode
      this.#totalBytes += node.size
      if (node.hash === undefined) this.#unhashed.push(node)
      else {
        this.#files += 1
        this.#bytes += node.size
      }
    }
  }

  #take({ pending, index }: Piece, outcome: BlockOutcome): void {
    const { node, digests } = pending
    digests[index] = digestsIn(node, outcome)
    pending.left -= 1
    this.#bytes += sizeOfPiece(node, index)
    if (pending.left > 0) return
    node.hash = hashOfFile(node.size, digests.flat())
    this.#files += 1
    if (node.settled) this.#memo.set(node.file, node.hash)
  }
}

function piecesOf(node: FileNode): Piece[] {
  const left = Math.max(1, Math.ceil(node.size / (rangeBlocks * blockSize)))
  const pending: Pending = { node, digests: [], left }
  return Array.from({ length: left }, (_, index) => ({
    pending,
    index,
    task: { path: node.path, first: index * rangeBlocks, count: rangeBlocks },
  }))
}

function sizeOfPiece(node: FileNode, index: number): number {
  return Math.min(rangeBlocks * blockSize, node.size - index * rangeBlocks * blockSize)
}

function inBatches(pieces: readonly Piece[]): Piece[][] {
  const batches: Piece[][] = []
  let bytes = 0
  for (const piece of pieces) {
    const size = sizeOfPiece(piece.pending.node, piece.index)
    const last = batches.at(-1)
    bytes += size
    if (last !== undefined && last.length < batchTasks && bytes <= batchBytes) last.push(piece)
    else {
      batches.push([piece])
      bytes = size
    }
  }
  return batches
}

function digestsIn(node: FileNode, outcome: BlockOutcome): readonly bigint[] {
  if ('code' in outcome) {
    const cause = Object.assign(new Error(outcome.message), { code: outcome.code })
    // It was a file a moment ago: now it is gone, or a link.
    if (outcome.code === 'ENOENT' || outcome.code === 'ELOOP') {
      throw new ContentChanged(undefined, { cause })
    }
    throw refused(node.path, 'cannot be read', cause)
  }
  if ('refused' in outcome || outcome.state !== stateOf(node.file)) throw new ContentChanged()
  return outcome.digests
}

let buffer: Uint8Array | undefined

function tools() {
  buffer ??= Buffer.allocUnsafeSlow(blockSize)
  return { fs, digest: xxh3128, buffer }
}
