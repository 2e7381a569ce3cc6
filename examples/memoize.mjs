// Remember the answers of a function that asks an API. Run: node examples/memoize.mjs
import { DiskCache } from 'holdfast'
import { temporaryDirectory } from './temporary-directory.mjs'

const cache = new DiskCache(temporaryDirectory())
let requests = 0

/** Stands for a request that takes time and money. */
async function fetchWeather({ city, units = 'metric', requestId }) {
  requests += 1
  await new Promise((resolve) => setTimeout(resolve, 20))
  if (city === 'Atlantis') throw new Error(`${requestId}: no such city`)
  return { city, units, degrees: units === 'metric' ? 21 : 70 }
}

const weather = cache.memoize(fetchWeather, {
  ttl: '10m',
  version: 1, // raise it when the function changes: results of other versions are not found
  ignore: ['requestId'], // does not change the result
  tags: ['weather'],
})

// Three callers at once, one request. Names come in any order; requestId does not count.
const answers = await Promise.all([
  weather({ city: 'Oslo', requestId: 'a' }),
  weather({ requestId: 'b', city: 'Oslo' }),
  weather({ city: 'Oslo', requestId: 'c' }),
])
console.log(answers[0], `for ${answers.length} callers, ${requests} request`)

// Other arguments are another result.
console.log((await weather({ city: 'Oslo', units: 'imperial' })).degrees, `${requests} requests`)

// peek() never calls the function. A failure is not remembered.
console.log(weather.peek({ city: 'Rome' }), weather.peek({ city: 'Oslo' }).degrees)
for (const requestId of ['d', 'e']) {
  await weather({ city: 'Atlantis', requestId }).catch((error) => console.log(error.message))
}

// The results are ordinary entries of the cache.
console.log(cache.get(weather.keyOf({ city: 'Oslo' })).degrees, weather.stats())
console.log(weather.invalidate({ city: 'Oslo' }), cache.evictTag('weather'), cache.size)
cache.close()

// Prints:
// { city: 'Oslo', units: 'metric', degrees: 21 } for 3 callers, 1 request
// 70 2 requests
// undefined 21
// d: no such city
// e: no such city
// 21 { hits: 2, misses: 2 }
// true 1 0
