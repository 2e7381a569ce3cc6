// Reads large values where koffi cannot be loaded.
import { readFileSync } from 'node:fs'

const [module, directory] = process.argv.slice(2)
const { DiskCache } = await import(module)
const cache = new DiskCache(directory)
cache.set('a', new Float64Array(50_000).fill(1.5))
const found = cache.get('a')
const mapped = cache.map('a')
const isMapped = readFileSync('/proc/self/maps', 'utf8').includes(`${directory}/values`)
console.log(JSON.stringify({ sum: found.reduce((a, b) => a + b), size: mapped.size, isMapped }))
cache.close()
