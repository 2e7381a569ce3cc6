import { pageOffsets, type VersionPage } from '../../../src/disk/version-page.ts'
import type { Run } from './run.ts'

/** Stands for the first page file where a process has it open; the next number, for the second. */
export const pageDescriptor: number = 2 ** 30

let current: Run | undefined

/** Says whose calls of `node:fs` and `node:crypto` follow. */
export function enter(run: Run | undefined): void {
  current = run
}

/** The calls of `node:fs` by which a process that cannot map the page reads and writes it: each is a step. */
export function scriptedFile(fs: typeof import('node:fs')): Partial<typeof import('node:fs')> {
  return {
    readSync: ((descriptor: number, buffer: Buffer, offset: number, length: number, at: number) => {
      if (descriptor < pageDescriptor || current === undefined)
        return fs.readSync(descriptor, buffer, offset, length, at)
      const { run, words } = opened(current, descriptor)
      const read = (): number => words[at / 4] as number
      wordOf(buffer)[0] = at === pageOffsets.retired ? read() : run.step(`read ${at / 4}`, read)
      return length
    }) as typeof fs.readSync,
    writeSync: ((
      descriptor: number,
      buffer: Buffer,
      offset: number,
      length: number,
      at: number,
    ) => {
      if (descriptor < pageDescriptor || current === undefined)
        return fs.writeSync(descriptor, buffer, offset, length, at)
      const { run, words } = opened(current, descriptor)
      run.step(`write ${at / 4}`, () => {
        words[at / 4] = wordOf(buffer)[0] as number
        return words[at / 4] as number
      })
      return length
    }) as typeof fs.writeSync,
    closeSync: (descriptor) => {
      if (descriptor < pageDescriptor) fs.closeSync(descriptor)
    },
  }
}

/** Randomness that is the same each time a process runs anew: its token, and numbers that no word has had. */
export function scriptedChance(
  crypto: typeof import('node:crypto'),
): Partial<typeof import('node:crypto')> {
  return {
    randomInt: ((min: number, max: number) =>
      current === undefined
        ? crypto.randomInt(min, max)
        : current.token) as typeof crypto.randomInt,
    randomBytes: ((size: number) => {
      if (current === undefined) return crypto.randomBytes(size)
      const bytes = Buffer.alloc(size)
      bytes.writeInt32LE(current.fresh())
      return bytes
    }) as typeof crypto.randomBytes,
  }
}

function opened(run: Run, descriptor: number): { run: Run; words: Int32Array } {
  const page = run.world.pages[descriptor - pageDescriptor] as VersionPage
  return { run, words: page.words }
}

function wordOf(buffer: Buffer): Int32Array {
  return new Int32Array(buffer.buffer, buffer.byteOffset, 1)
}
