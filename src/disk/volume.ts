import { lstatSync } from 'node:fs'
import type { Engine } from './engine.ts'

/** Bytes on disk. Value files are counted by their rows, so the cost does not grow with their number. */
export function storeVolume(engine: Engine): number {
  const { database } = engine.layout
  const files = engine.connection.row('SELECT file_bytes + trash_bytes FROM counters')?.[0] as
    | number
    | undefined
  return [database, `${database}-wal`, `${database}-shm`].reduce(
    (sum, path) => sum + sizeOf(path),
    files ?? 0,
  )
}

function sizeOf(path: string): number {
  return lstatSync(path, { throwIfNoEntry: false })?.size ?? 0
}
