import { serialize } from 'node:v8'
import { assertStructured } from '../codecs/assert-structured.ts'
import type { SetOptions } from '../contracts/entry.ts'
import { HoldfastError } from '../contracts/errors.ts'
import { checkTag } from '../util/check-tag.ts'
import { parseDuration } from '../util/duration.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'
import type { StoreKind } from './schema.ts'

/** {@link SetOptions}, checked. */
export interface ResolvedSetOptions {
  /** Milliseconds since the epoch, `null` = never. */
  readonly expires: number | null
  readonly tags: readonly string[]
  readonly description: string | null
  readonly meta: Uint8Array | null
}

/** Names that every verb which stores accepts. */
export const setOptionNames = ['ttl', 'expiresAt', 'tag', 'tags', 'description', 'meta'] as const

/** The latest time that a `Date` can hold; anything later never comes. */
const latest = 8.64e15

/**
 * Checks `options` at the time `now`; the caller has checked the names.
 * @throws HoldfastError `ERR_INVALID_OPTION` or `ERR_UNSUPPORTED_VALUE`.
 */
export function resolveSetOptions(
  options: SetOptions,
  defaultTtl: number,
  now: number,
  kind: StoreKind,
): ResolvedSetOptions {
  if (kind === 'index') refuseExpiryAndTags(options)
  const { description, meta } = options
  if (description !== undefined && typeof description !== 'string')
    throw invalidOption('description', description, 'a string')
  return {
    expires: resolveExpiry(options, defaultTtl, now),
    tags: resolveTags(options),
    description: description ?? null,
    meta: meta === undefined ? null : encodeMeta(meta),
  }
}

/** Checks the names of set options and of what else `also` names. */
export function checkSetOptionNames(
  what: string,
  options: unknown,
  also: readonly string[] = [],
): void {
  checkOptionNames(what, options, [...setOptionNames, ...also])
}

/** The options of a call without any. */
export function defaultSetOptions(defaultTtl: number, now: number): ResolvedSetOptions {
  return { expires: expiryOf(defaultTtl, now), tags: noTags, description: null, meta: null }
}

const noTags: readonly string[] = []

/** When something that lives `ttl` milliseconds from `now` ends. */
export function expiryOf(ttl: number, now: number): number | null {
  const expires = Math.round(now + ttl)
  return expires > latest ? null : expires
}

function resolveExpiry(options: SetOptions, defaultTtl: number, now: number): number | null {
  const { ttl, expiresAt } = options
  if (expiresAt === undefined)
    return expiryOf(ttl === undefined ? defaultTtl : parseDuration('ttl', ttl), now)
  if (ttl !== undefined)
    throw new HoldfastError('ERR_INVALID_OPTION', 'ttl and expiresAt: give one of them, not both.')
  const time: unknown = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt
  if (typeof time !== 'number' || Number.isNaN(time)) {
    throw invalidOption('expiresAt', expiresAt, 'a valid Date or milliseconds since the epoch')
  }
  return time > latest ? null : Math.round(time)
}

function resolveTags(options: SetOptions): readonly string[] {
  const { tag, tags = noTags } = options
  if (!Array.isArray(tags)) throw invalidOption('tags', tags, 'an array of strings')
  if (tag === undefined && tags.length === 0) return noTags
  const all = tag === undefined ? tags : [tag, ...tags]
  for (const one of all) checkTag(one)
  return [...new Set(all)]
}

function encodeMeta(meta: unknown): Uint8Array {
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta))
    throw invalidOption('meta', meta, 'a plain object')
  assertStructured(meta)
  return serialize(meta)
}

function refuseExpiryAndTags(options: SetOptions): void {
  const name = (['ttl', 'expiresAt', 'tag', 'tags'] as const).find(
    (candidate) => options[candidate] !== undefined,
  )
  if (name === undefined) return
  throw new HoldfastError(
    'ERR_INVALID_OPTION',
    `${name}: an index has no expiry and no tags. Use DiskCache for these.`,
  )
}
