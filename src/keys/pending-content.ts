import type { Key } from '../contracts/key.ts'
import { ContentMarker } from './content-marker.ts'

/** The content keys within `key` that `encodeKey` would have to look at files for. */
export function pendingContent(key: Key): ContentMarker[] {
  const found: ContentMarker[] = []
  const seen = new Set<unknown>()
  const search = (value: unknown) => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    if (value instanceof ContentMarker) {
      if (!value.isFixed) found.push(value)
    } else if (isContainer(value)) Object.values(value).forEach(search)
  }
  search(key)
  return found
}

/**
 * For verbs that must not keep the event loop: `key` with the content hashes that its files and folders have now, so that
 * encoding it looks at no file. `undefined` if it has none that are not known: use `key` as it is.
 * @throws HoldfastError `ERR_INVALID_KEY`; the reason of `signal`.
 */
export function hashContent(key: Key, signal?: AbortSignal): Promise<Key> | undefined {
  // Most keys are texts.
  if (typeof key !== 'object') return undefined
  const pending = pendingContent(key)
  return pending.length === 0 ? undefined : hashMarkers(key, pending, signal)
}

async function hashMarkers(
  key: Key,
  pending: readonly ContentMarker[],
  signal: AbortSignal | undefined,
): Promise<Key> {
  const known = new Map<unknown, unknown>()
  // One after the other: each uses all threads, and two of the same path share what was read.
  for (const marker of pending)
    known.set(marker, marker.fixedAt(await marker.hashAhead({ signal })))
  return withKnown(key, known) as Key
}

/** A copy of `value` with what is `known` in place; what no key may have stays in it, to be refused. */
function withKnown(value: unknown, known: Map<unknown, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (known.has(value)) return known.get(value)
  if (!isContainer(value)) return value
  const copy: object = Array.isArray(value) ? [] : Object.create(Object.getPrototypeOf(value))
  known.set(value, copy)
  const properties = Object.getOwnPropertyDescriptors(value) as PropertyDescriptorMap
  for (const property of Object.values(properties)) {
    if ('value' in property) property.value = withKnown(property.value, known)
  }
  return Object.defineProperties(copy, properties)
}

function isContainer(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Array.prototype || prototype === Object.prototype || prototype === null
}
