import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { torture } from '../support/torture.ts'
import { transpiled } from '../support/transpiled.ts'

const program = join(import.meta.dirname, 'programs', 'large-stream.mjs')
const mebibytes = torture(450, 2_000)
let module = ''

beforeAll(async () => {
  module = await transpiled('src/index.ts')
})

it.each(['plain', 'compressed', 'encrypted', 'both'])(
  'a stream of a value that is larger than the memory it takes: %s',
  (how) => {
    const args = [program, module, temporaryDirectory(), how, String(mebibytes)]
    const output = execFileSync(process.execPath, args, { encoding: 'utf8' })
    const { same, grown } = JSON.parse(output) as { same: boolean; grown: number }
    expect(same).toBe(true)
    // V8 lets some 100 MB of buffers wait for collection, and the allocator of LZ4 keeps 300: neither grows with the value.
    expect(grown).toBeLessThan(mebibytes * 2 ** 20 * 0.85)
  },
)
