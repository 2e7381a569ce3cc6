// Reads hot entries after the kernel was told to kill this thread at the first system call but read, write and exit.
import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'

const [module, directory, how] = process.argv.slice(2)
const { DiskCache } = await import(module)
const koffi = createRequire(import.meta.url)('koffi')
const prctl = koffi.load(null).func('int prctl(int, ulong, ulong, ulong, ulong)')
const setSeccomp = 22
const strict = 1

const cache = new DiskCache(directory, how === 'frozen' ? { hot: { share: 'frozen' } } : {})
const keys = Array.from({ length: 50 }, (_, index) => `key ${index}`)
// Without ends: this mode also forbids the instruction by which the clock is read without a call.
for (const key of keys) cache.set(key, how === 'frozen' ? { key } : key)

function read() {
  let found = 0
  for (const key of keys) {
    const value = cache.get(key)
    if (how === 'frozen' ? value.key === key : value === key) found += 1
    if (cache.get(`no ${key}`) === undefined) found += 1
  }
  return found
}

// Until the code is compiled, which asks the kernel for memory, and what was noted is written.
for (let round = 0; round < 300; round += 1) read()
await delay(300)
for (let round = 0; round < 300; round += 1) read()
if (prctl(setSeccomp, strict, 0, 0, 0) !== 0) {
  writeSync(1, 'unavailable\n')
  process.exit()
}
const found = how === 'cold' ? cache.getEntry('key 1')?.value : read()
writeSync(1, `${found}\n`)
