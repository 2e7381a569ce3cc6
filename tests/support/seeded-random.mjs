/**
 * A repeatable stream of numbers in [0, 1), so that a failing run can be repeated from its printed seed (mulberry32).
 * Plain JavaScript because worker programs, which Node runs unbuilt, share it with the tests.
 */
export function seededRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
