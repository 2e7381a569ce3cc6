/** What `heap.mjs` measures with. */
export { entryBytes, MemoryStore } from '../../../src/memory/memory-store.ts'
export { sizeOfValue } from '../../../src/memory/value-size.ts'
