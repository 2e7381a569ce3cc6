// The second process of the demo: lists the folder itself, opens the same cache, and waits for the word to start.
import { DiskCache } from '../index.ts'
import { runPass } from './demo-pass.ts'
import type { WorkerOptions } from './demo-second-process.ts'
import { walkFolder } from './demo-walk.ts'

const { root, cacheDirectory, walk } = JSON.parse(process.argv[2] ?? '') as WorkerOptions
const { files } = walkFolder(root, walk)
const cache = new DiskCache(cacheDirectory)

process.once('message', () => {
  const pass = runPass(cache, root, files)
  cache.close()
  process.send?.({ pass }, () => process.disconnect())
})
process.send?.({ ready: true })
