import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Raised when {@link analyseFile} gives other results: part of every key, so that old results are not taken for new ones. */
export const analysisVersion = 1

/** What is worth keeping about a file. */
export interface FileFacts {
  readonly sha256: string
  readonly lines: number
  readonly tokens: number
  readonly distinctTokens: number
  /** Hashed term frequencies, of length 1; `null` for a binary file. */
  readonly vector: Float32Array | null
  /** What it cost to find this out, reading included. */
  readonly ms: number
}

const dimensions = 512
const wordPattern = /[\p{L}_$][\p{L}\p{N}_$]*/gu
const binaryProbe = 8_192

/** Reads a file and works out its {@link FileFacts}. @throws the file system's error. */
export function analyseFile(path: string): FileFacts {
  const started = performance.now()
  const content = readFileSync(path)
  const sha256 = createHash('sha256').update(content).digest('hex')
  const facts = isBinary(content) ? noText : analyseText(content.toString('utf8'))
  return { sha256, ...facts, ms: performance.now() - started }
}

type TextFacts = Omit<FileFacts, 'sha256' | 'ms'>

const noText: TextFacts = { lines: 0, tokens: 0, distinctTokens: 0, vector: null }

/** As git and grep see it: a zero byte early on. */
function isBinary(content: Buffer): boolean {
  return content.subarray(0, binaryProbe).includes(0)
}

function analyseText(text: string): TextFacts {
  const words = text.toLowerCase().match(wordPattern) ?? []
  const terms = new Map<string, number>()
  const count = (term: string): void => {
    terms.set(term, (terms.get(term) ?? 0) + 1)
  }
  let previous = ''
  for (const word of words) {
    count(word)
    // Pairs tell more than words alone: `return null` and `null return` are not the same text.
    count(`${previous} ${word}`)
    previous = word
  }
  return {
    lines: countLines(text),
    tokens: words.length,
    distinctTokens: new Set(words).size,
    vector: hashedVector(terms),
  }
}

function countLines(text: string): number {
  let lines = text.length > 0 && !text.endsWith('\n') ? 1 : 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}

/** The hashing trick: each term adds to one of few dimensions, with a sign so that collisions cancel out on average. */
function hashedVector(terms: ReadonlyMap<string, number>): Float32Array {
  const vector = new Float32Array(dimensions)
  for (const [term, occurrences] of terms) {
    const hash = fnv1a(term)
    const index = hash % dimensions
    const sign = hash >>> 31 === 0 ? 1 : -1
    vector[index] = (vector[index] ?? 0) + sign * (1 + Math.log(occurrences))
  }
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((value) => value / length)
}

/** 32-bit FNV-1a over UTF-16 units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}
