import { diskBackend } from '../../../src/backends/disk.ts'
import type { Backend } from '../../../src/contracts/backend.ts'
import { DiskCache, raw } from '../../../src/index.ts'

/** A backend of the store in `directory`, as a process of its own opens it. */
export function openDiskBackend(directory: string): { backend: Backend; store: DiskCache } {
  const store = new DiskCache(directory, { codec: raw(), hot: false })
  return { backend: diskBackend(store, { owns: true }), store }
}
