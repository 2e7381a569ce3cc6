/** Where values lie on an axis, and which of them are labelled. */

/** A function from the values of `domain` to the pixels of `range`. */
export function makeScale(kind, domain, range) {
  const place = kind === 'log' ? Math.log10 : Number
  const [first, last] = domain.map(place)
  const width = last - first || 1
  return (value) => range[0] + ((place(value) - first) / width) * (range[1] - range[0])
}

/** Ticks of a logarithmic axis over the values: decades labelled; 2 and 5 too where few decades are. */
export function decadeTicks(least, most) {
  const low = Math.floor(Math.log10(least * 0.9))
  const high = Math.ceil(Math.log10(most * 1.1))
  const steps = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  const bottom = Math.max(10 ** low, stepBelow(least * 0.9, low))
  const top = stepAbove(most * 1.1, high)
  const labelled = Math.log10(top / bottom) < 2.5 ? [1, 2, 5] : [1]
  const all = []
  for (let power = low; power <= high; power++) {
    for (const step of steps) {
      const value = step * 10 ** power
      if (value < bottom * 0.999 || value > top * 1.001) continue
      all.push({ value, label: labelled.includes(step) ? tickLabel(value) : undefined })
    }
  }
  return { all, range: [bottom, top] }
}

function stepBelow(value, power) {
  return [5, 2, 1].map((step) => step * 10 ** power).find((tick) => tick <= value) ?? 10 ** power
}

function stepAbove(value, power) {
  return (
    [2, 5, 10].map((step) => step * 10 ** (power - 1)).find((tick) => tick >= value) ?? 10 ** power
  )
}

function tickLabel(value) {
  if (value >= 1000) return `${(value / 1000).toLocaleString('en')}k`
  return String(Number(value.toPrecision(3)))
}
