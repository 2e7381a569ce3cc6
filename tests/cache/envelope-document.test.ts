import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readEnvelope, writeEnvelope } from '../../src/cache/envelope.ts'
import { unwrap } from '../../src/frame/frame.ts'

const text = readFileSync(join(import.meta.dirname, '../../docs/concepts/envelope.md'), 'utf8')

it('the worked example of the envelope is one', () => {
  const lines = /```hex\n(.*?)```/s.exec(text)?.[1] ?? ''
  const bytes = Buffer.from(
    lines
      .replaceAll(/ {2,}.*$/gm, '')
      .replaceAll(/the frame.*$/gm, '')
      .replaceAll(/[^0-9a-f]/g, ''),
    'hex',
  )
  const { fields, frame } = readEnvelope(bytes)
  const at = Date.UTC(2026, 0, 1) + 0.5
  expect(fields).toEqual({
    createdAt: at,
    expiresAt: at + 60_000,
    staleUntil: Infinity,
    tags: ['users'],
    version: 2,
    node: 'n1',
  })
  expect(Buffer.from(unwrap(frame, true).payload).toString()).toBe('hi')
  expect(writeEnvelope(fields, frame)).toEqual(bytes)
})
