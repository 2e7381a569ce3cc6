/** Array.prototype.sort orders by UTF-16 code unit, which puts U+1F600 before U+FFFD; code points do not. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index += 1) {
    if (a.charCodeAt(index) === b.charCodeAt(index)) continue
    return fixUp(a.charCodeAt(index)) - fixUp(b.charCodeAt(index))
  }
  return a.length - b.length
}

/** Moves surrogates above the rest of the basic plane, so that comparing units compares code points. */
function fixUp(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
