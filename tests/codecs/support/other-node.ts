import { deepStrictEqual } from 'node:assert'
import { readFileSync, writeFileSync } from 'node:fs'
import { auto } from '../../../src/codecs/auto.ts'
import { decoded, encoded } from './coding.ts'
import { kinds } from './kinds.ts'

/** Run in a process of its own, bundled: writes a value of every kind to a file, or reads such a file and compares. */
const [, , verb, path = ''] = process.argv
const codec = auto()

/** Holds what is a value but not deeply equal to itself: an invalid date. */
const texts = new Map(Object.entries(kinds()))

function write(): void {
  const all = [...texts].map(([name, value]) => {
    const { codec: id, version, meta, bytes } = encoded(codec, value)
    return [name, id, version, base64(meta), base64(bytes)]
  })
  writeFileSync(path, JSON.stringify(all))
}

function read(): void {
  const all = JSON.parse(readFileSync(path, 'utf8')) as [string, string, number, string, string][]
  const failed: string[] = []
  for (const [name, id, version, meta, bytes] of all) {
    try {
      const stored = { codec: id, version, meta: fromBase64(meta), bytes: fromBase64(bytes) }
      deepStrictEqual(decoded(codec, stored), texts.get(name))
    } catch (error) {
      failed.push(`${name}: ${error instanceof Error ? error.message.slice(0, 300) : 'no error'}`)
    }
  }
  console.log(JSON.stringify({ node: process.versions.node, read: all.length, failed }))
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

if (verb === 'write') write()
else read()
