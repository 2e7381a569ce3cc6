// What hot entries of several kinds take in memory, and what they count for.
const [module, directory] = process.argv.slice(2)
const { DiskCache } = await import(module)
const count = 10_000

const kinds = {
  texts: { value: (i) => `${i}`.padEnd(200, 'x') },
  absences: { value: undefined },
  'small objects': { value: (i) => ({ id: i, name: `user ${i}` }) },
  'small objects, stored here': { value: (i) => ({ id: i, name: `user ${i}` }), isWriter: true },
  buffers: { value: (i) => Buffer.alloc(100, i) },
  'buffers, stored here': { value: (i) => Buffer.alloc(100, i), isWriter: true },
  maps: { value: (i) => new Map([[i, `${i}`]]) },
  'frozen objects': { value: (i) => ({ id: i, tags: ['a', `b${i}`] }), share: 'frozen' },
  'texts by keys cut out of a large text': { value: undefined, isCut: true },
}

function used() {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** In a function of its own, so that nothing of it is still in use when memory is measured. */
function readAll(cache, isCut) {
  if (!isCut) {
    for (let i = 0; i < 2 * count; i += 1) cache.get(`key ${i % count}`)
    return
  }
  for (let i = 0; i < 300; i += 1) cache.get(`${i}${'y'.repeat(1_000_000)}`.slice(0, 30))
}

const report = {}
for (const [name, { value, share = 'copy', isWriter = false, isCut = false }] of Object.entries(
  kinds,
)) {
  const path = `${directory}/${name.replaceAll(/\W+/g, '-')}`
  const hot = { maxBytes: '256MiB', share }
  const writer = new DiskCache(path, { hot: isWriter ? hot : false })
  const cache = isWriter ? writer : new DiskCache(path, { hot })
  cache.get('warm')
  const before = used()
  if (value !== undefined && !isWriter)
    writer.transact(() => {
      for (let i = 0; i < count; i += 1) writer.set(`key ${i}`, value(i))
    })
  if (isWriter) for (let i = 0; i < count; i += 1) writer.set(`key ${i}`, value(i))
  readAll(cache, isCut)
  report[name] = { held: used() - before, counted: cache.stats().hot.bytes }
  if (cache !== writer) cache.close()
  writer.close()
}
console.log(JSON.stringify(report))
