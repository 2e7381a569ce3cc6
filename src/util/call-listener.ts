import { isThenable } from './is-thenable.ts'

/** Of these it has been said that they fail. */
const reported = new WeakSet<object>()

/**
 * Calls a listener that the user gave. What it throws, or rejects with later, is its own affair and never reaches whoever
 * told it: it is reported once for each listener as a process warning with the code `HOLDFAST_LISTENER`.
 * @param what what it listens to, for the warning.
 */
export function callListener<A extends readonly unknown[]>(
  what: string,
  listener: (...payload: A) => unknown,
  ...payload: A
): void {
  try {
    const result = listener(...payload)
    if (isThenable(result))
      result.then(undefined, (error: unknown) => report(what, listener, error))
  } catch (error) {
    report(what, listener, error)
  }
}

function report(what: string, listener: object, error: unknown): void {
  if (reported.has(listener)) return
  reported.add(listener)
  process.emitWarning(
    `A listener for ${what} failed: ${reasonOf(error)}. The cache goes on; further failures of this listener are not reported.`,
    { type: 'HoldfastWarning', code: 'HOLDFAST_LISTENER' },
  )
}

/** What `error` says, in a few words: anything can be thrown, also what cannot be turned into text. */
export function reasonOf(error: unknown): string {
  try {
    const text = error instanceof Error ? error.message || error.name : String(error)
    return text.length > 200 ? `${text.slice(0, 197)}...` : text
  } catch {
    return 'something that cannot be told as text'
  }
}
