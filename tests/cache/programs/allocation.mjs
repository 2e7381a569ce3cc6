// Says how many bytes each verb allocates for a hit in memory: `node --expose-gc --max-semi-space-size=256`, so that nothing is
// collected while it counts.
const [module] = process.argv.slice(2)
const { createCache, memory } = await import(module)

const entries = 500
const hits = 100_000
const keys = Array.from({ length: entries }, (_, index) => `key:${index}`)
const loader = () => {
  throw new Error('loaded: only hits are counted')
}

const forms = {
  plain: {},
  // Its clock has to be asked twice: the entries may be stale.
  grace: { grace: '1h' },
}

const report = {}
for (const [form, options] of Object.entries(forms)) {
  const tiers = [memory({ share: 'frozen' })]
  const cache = createCache({ tiers, ttl: '1h', ...options })
  const below = cache.namespace('below')
  for (const [index, key] of keys.entries()) {
    await cache.set(key, { index, name: `name ${index}` })
    await below.set(key, `value ${index}`)
  }
  const verbs = {
    peek: (key) => cache.peek(key),
    'peek in a namespace': (key) => below.peek(key),
    get: (key) => cache.get(key),
    getOrSet: (key) => cache.getOrSet(key, loader),
    'a promise': (key) => Promise.resolve(key),
  }
  for (const [verb, call] of Object.entries(verbs)) {
    for (let turn = 0; turn < 5; turn += 1) await run(call)
    // The least of several: whatever else the process does only adds to it.
    const counts = []
    for (let turn = 0; turn < 5; turn += 1) counts.push(await run(call))
    report[`${form}: ${verb}`] = Math.min(...counts)
  }
  await cache.close()
}
process.stdout.write(JSON.stringify(report))

/** @returns bytes per call. */
async function run(call) {
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  for (let hit = 0; hit < hits; hit += 1) call(keys[hit % entries])
  const after = process.memoryUsage().heapUsed
  await undefined
  return (after - before) / hits
}
