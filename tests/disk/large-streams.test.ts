import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { torture } from '../support/torture.ts'
import { transpiled } from '../support/transpiled.ts'

const program = join(import.meta.dirname, 'programs', 'large-stream.mjs')
const mebibytes = torture(96, 2_000)
/** Bytes: some chunks on their way, whatever the size of the value. */
const most = 16 * 2 ** 20
let module = ''

beforeAll(async () => {
  module = await transpiled('src/index.ts')
})

it.each(['plain', 'compressed', 'encrypted', 'both'])(
  'a stream of a value that is larger than the memory it takes: %s',
  (how) => {
    const args = ['--expose-gc', program, module, temporaryDirectory(), how, String(mebibytes)]
    const output = execFileSync(process.execPath, args, { encoding: 'utf8' })
    type Output = { same: boolean; writing: number; reading: number }
    const { same, ...alive } = JSON.parse(output) as Output
    expect(same).toBe(true)
    expect(alive.writing).toBeLessThan(most)
    expect(alive.reading).toBeLessThan(most)
  },
)
