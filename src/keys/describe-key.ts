import { createHash } from 'node:crypto'
import type { Key } from '../contracts/key.ts'
import { checkOptionNames, invalidOption } from '../util/options.ts'
import { ContentMarker } from './content-marker.ts'
import { encodeKey } from './encode-key.ts'

/** How `describeKey` shows a key. */
export interface DescribeKeyOptions {
  /**
   * Most characters to show. A longer key ends in `…` and the first digits of its hash, so that long keys that begin alike
   * can be told apart.
   * @default 80
   */
  readonly maxLength?: number | undefined
  /** Shows the hash and nothing else, for logs that keys must not appear in. @default false */
  readonly hidden?: boolean | undefined
}

/** More bytes than this show as their number and hash. */
const mostBytes = 8

/**
 * `key` in one line for people: `'user:1'`, `['rows', 2n]`, `{ lang: 'en' }`, `bytes(32)#9f86d081`. Not for machines: that
 * is `keyId`. Control characters are escaped, so a stored key cannot paint on a terminal. The hash is the first digits of
 * SHA-256 of `keyId(key)`; short or guessable keys can be found from it.
 * @throws HoldfastError `ERR_INVALID_OPTION`; with `hidden`, and for long keys, as `keyId` for what is no key.
 */
export function describeKey(key: Key, options: DescribeKeyOptions = {}): string {
  checkOptionNames('describeKey', options, ['maxLength', 'hidden'])
  const { maxLength = 80, hidden = false } = options
  if (typeof hidden !== 'boolean')
    throw invalidOption('describeKey: hidden', hidden, 'true or false')
  if (!(Number.isInteger(maxLength) && maxLength >= 1) && maxLength !== Number.POSITIVE_INFINITY)
    throw invalidOption('describeKey: maxLength', maxLength, 'a whole number from 1 up')
  if (hidden) return `#${digits(encodeKey(key), 16)}`
  const text = show(key)
  if (text.length <= maxLength) return text
  const tail = `…#${digits(encodeKey(key), 8)}`
  // Not through the middle of a character of two units.
  const head = text.slice(0, Math.max(0, maxLength - tail.length)).replace(/[\ud800-\udbff]$/, '')
  return head + tail
}

function show(key: Key | undefined): string {
  if (typeof key === 'string') return `'${printable(key)}'`
  if (typeof key === 'bigint') return `${key}n`
  if (typeof key !== 'object' || key === null) return Object.is(key, -0) ? '0' : String(key)
  if (key instanceof Date) return key.toISOString()
  if (key instanceof URL) return key.href
  if (key instanceof Uint8Array) return showBytes(key)
  // Of a file not hashed yet the path, so that showing a key reads nothing.
  if (key instanceof ContentMarker) {
    return key.path === '' ? `content#${key.hash.slice(0, 9)}` : `contentOf(${show(key.path)})`
  }
  if (Array.isArray(key)) return `[${key.map((member: Key) => show(member)).join(', ')}]`
  const members = Object.entries(key)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${showName(name)}: ${show(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

function showName(name: string): string {
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : show(name)
}

function showBytes(key: Uint8Array): string {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  if (bytes.length <= mostBytes) return `bytes(${bytes.length}) ${bytes.toString('hex')}`.trimEnd()
  return `bytes(${bytes.length})#${digits(bytes, 8)}`
}

/** Control and format characters (line ends, escapes, marks that turn the writing direction) as `\u{…}`. */
function printable(text: string): string {
  return text.replace(/['\\]|[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === "'" || character === '\\') return `\\${character}`
    return `\\u{${character.codePointAt(0)?.toString(16)}}`
  })
}

function digits(content: string | Uint8Array, count: number): string {
  return createHash('sha256').update(content).digest('hex').slice(0, count)
}
