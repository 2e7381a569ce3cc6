/**
 * Hashes texts to signed 32-bit integers, in a way that differs from store to store: whoever does not know the seed cannot
 * choose keys that fall on one another. Characters are taken in by multiplication with a seeded odd number; the end is the
 * finaliser of MurmurHash3 (Austin Appleby, https://github.com/aappleby/smhasher).
 * @param random numbers from 0 to 1, of which the seed is made.
 */
export function textHash(random: () => number): (text: string) => number {
  const start = mixBits(seedOf(random))
  const factor = mixBits(seedOf(random) ^ 0x9e3779b9) | 1
  return (text) => {
    let hash = start
    for (let at = 0; at < text.length; at += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(at), factor)
      // Multiplication carries upwards only: without this the low bits would know nothing of the high ones.
      hash ^= hash >>> 15
    }
    return mixBits(hash ^ text.length)
  }
}

function seedOf(random: () => number): number {
  return Math.floor(random() * 2 ** 32) | 0
}

/** Every bit of the result depends on every bit of `hash`. */
function mixBits(hash: number): number {
  let mixed = hash
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
