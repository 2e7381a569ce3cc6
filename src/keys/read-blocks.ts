import type * as FileSystem from 'node:fs'

/** Files are hashed in blocks of this many bytes. Part of what a hash means: never change it. */
export const blockSize: number = 2 ** 20

/** Blocks `first` to `first + count - 1` of the regular file at `path`. */
export interface BlockTask {
  readonly path: string | Uint8Array
  readonly first: number
  readonly count: number
}

/** What was read: the hash of each block, and size and times that the file had before and after. */
export type BlockOutcome =
  | { readonly state: string; readonly digests: readonly bigint[] }
  | { readonly refused: 'changed' | 'special' }
  | { readonly code: string; readonly message: string }

/** What {@link readBlocks} works with. `buffer` has `blockSize` bytes. */
export interface BlockTools {
  readonly fs: typeof FileSystem
  readonly digest: (bytes: Uint8Array) => bigint
  readonly buffer: Uint8Array
}

/**
 * Reads and hashes some blocks of a file. Opens neither a link nor, for longer than to see what it is, a special file, and
 * never waits for the other end of a pipe.
 *
 * Worker threads run the text of this function: it must not use anything but its arguments and globals.
 */
export function readBlocks(tools: BlockTools, task: BlockTask): BlockOutcome {
  const { fs, buffer } = tools
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = fs.constants
  let descriptor = -1
  try {
    descriptor = fs.openSync(task.path as Buffer, O_RDONLY | O_NONBLOCK | O_NOFOLLOW)
    const before = fs.fstatSync(descriptor, { bigint: true })
    if (!before.isFile()) return { refused: 'special' }
    const state = `${before.size}:${before.mtimeNs}:${before.ctimeNs}`
    const size = Number(before.size)
    const end = Math.min(size, (task.first + task.count) * buffer.byteLength)
    const digests: bigint[] = []
    let position = task.first * buffer.byteLength
    do {
      const wanted = Math.min(buffer.byteLength, end - position)
      let filled = 0
      while (filled < wanted) {
        const count = fs.readSync(descriptor, buffer, filled, wanted - filled, position + filled)
        if (count === 0) return { refused: 'changed' }
        filled += count
      }
      digests.push(tools.digest(buffer.subarray(0, filled)))
      position += filled
    } while (position < end)
    // Files of /proc and the like say that they are empty and are not.
    if (size === 0 && fs.readSync(descriptor, buffer, 0, 1, 0) > 0) return { refused: 'changed' }
    const after = fs.fstatSync(descriptor, { bigint: true })
    if (state !== `${after.size}:${after.mtimeNs}:${after.ctimeNs}`) return { refused: 'changed' }
    return { state, digests }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { code: String(code), message }
  } finally {
    if (descriptor >= 0) fs.closeSync(descriptor)
  }
}
