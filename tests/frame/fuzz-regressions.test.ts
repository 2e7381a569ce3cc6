import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hasZstd } from './compression-support.ts'
import type { ExpectedRegression } from './fixture-maker.ts'
import { readFrame } from './fuzz-case.ts'
import { arePrototypes, collectGarbage, guarded, longest, prototypes } from './fuzz-guard.ts'

const folder = join(import.meta.dirname, '..', 'fixtures', 'regressions')
const expected = JSON.parse(
  readFileSync(join(folder, 'expected.json'), 'utf8'),
) as readonly ExpectedRegression[]

/** What reading may need: twice what an honest frame of that size can be, and as much as a library may keep. */
const allowance = { fixed: 2 ** 21, ratio: 64 }

it('knows every file of the regression corpus', () => {
  const files = readdirSync(folder).filter((file) => file !== 'expected.json')
  expect(files.sort()).toEqual(expected.map(({ file }) => file).sort())
})

it.for(expected)('$file: $what', ({ file, outcome, needsZstd }, { skip }) => {
  if (needsZstd && !hasZstd) skip(`Node ${process.versions.node} has no zstd`)
  const frame = readFileSync(join(folder, file))
  const entry = { key: Buffer.from('s'), frame, encoded: nothing }
  const before = prototypes()
  collectGarbage()
  const use = guarded(frame.length, allowance, () => readFrame(frame, 'unlimited', entry))
  expect(use.result).toBe(outcome)
  expect(use.milliseconds).toBeLessThan(longest)
  expect(arePrototypes(before)).toBe(true)
  // Where values are encrypted, nothing of it is even looked at.
  expect(readFrame(frame, 'encrypted', entry)).toMatch(
    /^ERR_(DECRYPT|INVALID_FRAME|VALUE_TOO_LARGE)$/,
  )
})

const none = new Uint8Array(0)
const nothing = { codec: 'bytes', version: 1, meta: none, bytes: none, elementBytes: 1 }
