/**
 * A fresh process that opens one value and uses it once: `node --expose-gc memory-of.mjs '{ directory, kind, name, use,
 * megabytes }'`. Prints `{ bytes, ms }`: what its resident memory grew by, and how long that took.
 */
import { readFileSync } from 'node:fs'
import { READERS, USES } from './readers.mjs'

const { directory, kind, name, use, megabytes } = JSON.parse(process.argv[2])
const reader = READERS.find((each) => each.kind === kind && each.name === name)
const opened = await reader.open(directory)
// Loads and compiles all that is needed, with a small value.
for (let turn = 0; turn < 3; turn++) USES[use](opened.get(1))
collectGarbage()

const before = resident()
const start = performance.now()
const value = opened.get(megabytes)
const result = USES[use](value)
const ms = performance.now() - start
// What was left lying about is nobody's; the value is kept.
collectGarbage()
const bytes = resident() - before
process.stdout.write(JSON.stringify({ bytes, ms, result, kept: value !== undefined }))
// Peers keep threads.
process.exit()

function collectGarbage() {
  globalThis.gc()
  globalThis.gc()
}

function resident() {
  try {
    return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))[1]) * 1024
  } catch {
    return process.memoryUsage.rss()
  }
}
