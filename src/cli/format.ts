/** `3061` as `3,061`. The same on every machine: output is compared and pasted. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** Milliseconds for people, with three digits: `0.12 ms`, `61.3 ms`, `4.21 s`, `2 min 5 s`. */
export function formatTime(ms: number): string {
  if (ms < 1_000) return `${threeDigits(ms)} ms`
  if (ms < 120_000) return `${threeDigits(ms / 1_000)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** A ratio for people: `69x`, `1.4x`. */
export function formatRatio(ratio: number): string {
  return `${ratio >= 10 ? formatCount(ratio) : ratio.toFixed(1)}x`
}

/** A share for people: `100 %` only if it is all of it. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '-'
  if (part === whole) return '100 %'
  return `${(Math.floor((part / whole) * 1_000) / 10).toFixed(1)} %`
}

function threeDigits(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)
}
