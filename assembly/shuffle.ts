// The byte shuffle that src/frame/shuffle.ts describes, 16 elements at a time. Compiled by scripts/build-shuffle.mjs into
// src/frame/shuffle-wasm.ts. `count` is a number of elements, a multiple of 16. Plane `p`, byte `p` of each element, starts
// at `p * count`. All addresses are in this module's memory.

/** Bytes 0, 2, 4 … of `a` and then of `b`. */
function even(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
}

/** Bytes 1, 3, 5 … of `a` and then of `b`. */
function odd(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
}

/** The first halves of `a` and `b`, byte by byte in turn. */
function low8(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
}

/** The second halves of `a` and `b`, byte by byte in turn. */
function high8(a: v128, b: v128): v128 {
  return v128.shuffle<u8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
}

function low16(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
}

function high16(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
}

function low32(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 0, 4, 1, 5)
}

function high32(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(a, b, 2, 6, 3, 7)
}

function low64(a: v128, b: v128): v128 {
  return v128.shuffle<u64>(a, b, 0, 2)
}

function high64(a: v128, b: v128): v128 {
  return v128.shuffle<u64>(a, b, 1, 3)
}

export function shuffle2(from: usize, to: usize, count: usize): void {
  for (let i: usize = 0; i < count; i += 16) {
    const a = v128.load(from + i * 2)
    const b = v128.load(from + i * 2, 16)
    v128.store(to + i, even(a, b))
    v128.store(to + i + count, odd(a, b))
  }
}

export function shuffle4(from: usize, to: usize, count: usize): void {
  for (let i: usize = 0; i < count; i += 16) {
    const at = from + i * 4
    const a = v128.load(at)
    const b = v128.load(at, 16)
    const c = v128.load(at, 32)
    const d = v128.load(at, 48)
    const ab = even(a, b)
    const cd = even(c, d)
    const abOdd = odd(a, b)
    const cdOdd = odd(c, d)
    const plane = to + i
    v128.store(plane, even(ab, cd))
    v128.store(plane + count, even(abOdd, cdOdd))
    v128.store(plane + count * 2, odd(ab, cd))
    v128.store(plane + count * 3, odd(abOdd, cdOdd))
  }
}

export function shuffle8(from: usize, to: usize, count: usize): void {
  for (let i: usize = 0; i < count; i += 16) {
    const at = from + i * 8
    const a = v128.load(at)
    const b = v128.load(at, 16)
    const c = v128.load(at, 32)
    const d = v128.load(at, 48)
    const e = v128.load(at, 64)
    const f = v128.load(at, 80)
    const g = v128.load(at, 96)
    const h = v128.load(at, 112)
    const plane = to + i
    // Bytes 0, 2, 4, 6 of four elements each; then 0, 4 and 2, 6 of eight; then one byte of all sixteen.
    const abcd04 = even(even(a, b), even(c, d))
    const efgh04 = even(even(e, f), even(g, h))
    v128.store(plane, even(abcd04, efgh04))
    v128.store(plane + count * 4, odd(abcd04, efgh04))
    const abcd26 = odd(even(a, b), even(c, d))
    const efgh26 = odd(even(e, f), even(g, h))
    v128.store(plane + count * 2, even(abcd26, efgh26))
    v128.store(plane + count * 6, odd(abcd26, efgh26))
    const abcd15 = even(odd(a, b), odd(c, d))
    const efgh15 = even(odd(e, f), odd(g, h))
    v128.store(plane + count, even(abcd15, efgh15))
    v128.store(plane + count * 5, odd(abcd15, efgh15))
    const abcd37 = odd(odd(a, b), odd(c, d))
    const efgh37 = odd(odd(e, f), odd(g, h))
    v128.store(plane + count * 3, even(abcd37, efgh37))
    v128.store(plane + count * 7, odd(abcd37, efgh37))
  }
}

/** Writes the lower halves of elements of 16 bytes to `to`, and after them the upper ones. */
export function split16(from: usize, to: usize, count: usize): void {
  for (let i: usize = 0; i < count; i += 2) {
    const a = v128.load(from + i * 16)
    const b = v128.load(from + i * 16, 16)
    v128.store(to + i * 8, low64(a, b))
    v128.store(to + (i + count) * 8, high64(a, b))
  }
}

export function unshuffle2(from: usize, to: usize, count: usize): void {
  for (let i: usize = 0; i < count; i += 16) {
    const a = v128.load(from + i)
    const b = v128.load(from + i + count)
    v128.store(to + i * 2, low8(a, b))
    v128.store(to + i * 2, high8(a, b), 16)
  }
}

export function unshuffle4(from: usize, to: usize, count: usize): void {
  for (let i: usize = 0; i < count; i += 16) {
    const plane = from + i
    const a = v128.load(plane)
    const b = v128.load(plane + count)
    const c = v128.load(plane + count * 2)
    const d = v128.load(plane + count * 3)
    const at = to + i * 4
    v128.store(at, low16(low8(a, b), low8(c, d)))
    v128.store(at, high16(low8(a, b), low8(c, d)), 16)
    v128.store(at, low16(high8(a, b), high8(c, d)), 32)
    v128.store(at, high16(high8(a, b), high8(c, d)), 48)
  }
}

export function unshuffle8(from: usize, to: usize, count: usize): void {
  for (let i: usize = 0; i < count; i += 16) {
    const plane = from + i
    const a = v128.load(plane)
    const b = v128.load(plane + count)
    const c = v128.load(plane + count * 2)
    const d = v128.load(plane + count * 3)
    const e = v128.load(plane + count * 4)
    const f = v128.load(plane + count * 5)
    const g = v128.load(plane + count * 6)
    const h = v128.load(plane + count * 7)
    const at = to + i * 8
    const abcd0 = low16(low8(a, b), low8(c, d))
    const efgh0 = low16(low8(e, f), low8(g, h))
    v128.store(at, low32(abcd0, efgh0))
    v128.store(at, high32(abcd0, efgh0), 16)
    const abcd4 = high16(low8(a, b), low8(c, d))
    const efgh4 = high16(low8(e, f), low8(g, h))
    v128.store(at, low32(abcd4, efgh4), 32)
    v128.store(at, high32(abcd4, efgh4), 48)
    const abcd8 = low16(high8(a, b), high8(c, d))
    const efgh8 = low16(high8(e, f), high8(g, h))
    v128.store(at, low32(abcd8, efgh8), 64)
    v128.store(at, high32(abcd8, efgh8), 80)
    const abcd12 = high16(high8(a, b), high8(c, d))
    const efgh12 = high16(high8(e, f), high8(g, h))
    v128.store(at, low32(abcd12, efgh12), 96)
    v128.store(at, high32(abcd12, efgh12), 112)
  }
}

/** Undoes {@link split16}. */
export function join16(from: usize, to: usize, count: usize): void {
  for (let i: usize = 0; i < count; i += 2) {
    const low = v128.load(from + i * 8)
    const high = v128.load(from + (i + count) * 8)
    v128.store(to + i * 16, low64(low, high))
    v128.store(to + i * 16, high64(low, high), 16)
  }
}
