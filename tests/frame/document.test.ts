import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { unwrap } from '../../src/frame/frame.ts'

const text = readFileSync(join(import.meta.dirname, '../../docs/concepts/frame.md'), 'utf8')

/** The bytes of the examples: on each line, pairs of digits up to a gap. */
const examples = [...text.matchAll(/```hex\n(.*?)```/gs)].map((match) =>
  Buffer.from(
    (match[1] as string).replaceAll(/ {2,}.*$/gm, '').replaceAll(/[^0-9a-f]/g, ''),
    'hex',
  ),
)

it('the worked examples of the frame are frames', () => {
  const [compact, long] = examples.map((bytes) => unwrap(bytes, true))
  expect(compact).toMatchObject({ codec: 5, version: 1 })
  expect(long).toMatchObject({ codec: 'mine', version: 2 })
  expect([...(long?.meta ?? [])]).toEqual([7])
  for (const frame of [compact, long])
    expect(Buffer.from(frame?.payload ?? []).toString()).toBe('hi')
})
