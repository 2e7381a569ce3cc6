import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const sharedMemory = '/dev/shm'

/** A fresh, private, empty directory that is removed when the running test ends. */
export function temporaryDirectory(): string {
  return createIn(tmpdir())
}

/**
 * The same in memory, where the machine has that: for claims about the longest call. On a disk, flushing the log takes as
 * long as the other users of that disk make it take (over a second was seen), and no control process can tell.
 */
export function memoryDirectory(): string {
  return createIn(existsSync(sharedMemory) ? sharedMemory : tmpdir())
}

function createIn(parent: string): string {
  const directory = mkdtempSync(join(parent, 'holdfast-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
  return directory
}
