/** Seeded data, so that every subject and every run sees the same keys, order and values. */

/** xorshift32: quick, and the same on every machine. Returns unsigned 32-bit integers. */
export function randomSource(seed) {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state
  }
}

/** The numbers 0 to `count - 1` in a fixed random order (Fisher-Yates). */
export function shuffledOrder(count, seed = 1) {
  const next = randomSource(seed)
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = next() % (i + 1)
    const held = order[i]
    order[i] = order[j]
    order[j] = held
  }
  return order
}

/**
 * A pool of incompressible values of one size. Many, because SQLite does not write a page whose
 * bytes stay the same: a value has to differ from the one it replaces.
 */
export function makeValues(size, count = size > 4096 ? 16 : 96, seed = 7) {
  const next = randomSource(seed + size)
  return Array.from({ length: count }, () => {
    const bytes = Buffer.allocUnsafeSlow(size)
    for (let i = 0; i < size; i++) bytes[i] = next() >>> 11
    return bytes
  })
}

const names = []

/** The first `count` keys: `key:0000000` and on, the same text for every subject. */
export function keyNames(count) {
  for (let i = names.length; i < count; i++) names.push(keyName(i))
  return names
}

export function keyName(i) {
  return `key:${String(i).padStart(7, '0')}`
}

/** A small record as applications cache it, for the row that stores an object. */
export function makeRecord(i) {
  return {
    id: i,
    name: `user ${i}`,
    email: `user.${i}@example.org`,
    roles: ['reader', 'editor'],
    active: i % 2 === 0,
    score: i * 1.5,
    address: { street: 'Long Lane', number: i % 200, city: 'Springfield', zip: '01234' },
  }
}
