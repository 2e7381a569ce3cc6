import type { EnvelopeFields } from '../../src/cache/envelope.ts'

const at = Date.UTC(2026, 0, 1)

const usual: EnvelopeFields = {
  createdAt: at + 0.25,
  expiresAt: at + 60_000.25,
  staleUntil: at + 90_000.25,
  tags: [],
  node: 'node-1a2b3c4d',
}

/** Fields of every kind, by name. The fixtures of a version are these with the frame {@link sampleFrame}. */
export const samples: Readonly<Record<string, EnvelopeFields>> = {
  usual,
  never: { ...usual, expiresAt: Infinity, staleUntil: Infinity, node: '' },
  tagged: { ...usual, tags: ['users', 'user:1', 'schön 😀', '\ufffd'] },
  validators: { ...usual, etag: 'W/"abc"', lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' },
  'version-text': { ...usual, version: 'v2' },
  'version-number': { ...usual, version: 2.5 },
  described: { ...usual, description: 'a sentence. '.repeat(40) },
  meta: {
    ...usual,
    meta: { source: 'db', rows: 12, when: new Date(at), nested: { list: [1, null] } },
  },
  'meta-structured': { ...usual, meta: { map: new Map([[1, 'one']]), pattern: /a/g } },
  negative: { ...usual, negative: true },
  cost: { ...usual, cost: 600_000 },
  all: {
    createdAt: at,
    expiresAt: at + 1,
    staleUntil: Infinity,
    tags: Array.from({ length: 200 }, (_, index) => `tag ${index}`),
    version: 0,
    etag: '',
    lastModified: '',
    description: '',
    meta: {},
    negative: true,
    node: 'ü'.repeat(127),
    cost: Infinity,
  },
}

/** As long as an envelope needs to be for what is in it; a large one is aligned. */
export function sampleFrame(name: string): Uint8Array {
  const size = name === 'described' ? 5_000 : 20
  return Uint8Array.from({ length: size }, (_, index) => (index * 7) & 0xff)
}
