import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runHoldfast } from '../cli/run-holdfast.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { writeDiskcache } from './source.ts'

describe('holdfast migrate', () => {
  it('prints one JSON object that names what was left out', async () => {
    const home = temporaryDirectory()
    await writeDiskcache(join(home, 'source'), [
      { key: 'a', value: 1 },
      { key: 'run me', mode: 4, value: Buffer.from('cos\nsystem\n(tR.') },
    ])
    const { code, out, error } = runHoldfast(['migrate', 'source', 'target', '--json'], {
      cwd: home,
    })
    expect({ code, error }).toEqual({ code: 0, error: '' })
    expect(JSON.parse(out)).toMatchObject({
      kind: 'diskcache-cache',
      opensWith: 'DiskCache',
      entries: 2,
      copied: 1,
      skipped: [{ key: 'run me', reason: expect.stringContaining('os.system') }],
    })
  })

  it('prints text for people', async () => {
    const home = temporaryDirectory()
    await writeDiskcache(join(home, 'source'), [{ key: 'a', value: 1 }])
    const { code, out } = runHoldfast(['migrate', 'source', 'target', '--drop', '--as', 'index'], {
      cwd: home,
    })
    expect(code).toBe(0)
    expect(out).toContain('1 copied, 1 deleted from the source')
    expect(out).toContain('open it with DiskIndex')
  })

  it('fails with 1 on what is no cache, and makes nothing', () => {
    const home = temporaryDirectory()
    const { code, out, error } = runHoldfast(['migrate', 'nothing', 'target', '--json'], {
      cwd: home,
    })
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(error).toContain('ERR_FOREIGN_DIRECTORY')
    expect(existsSync(join(home, 'target'))).toBe(false)
  })

  it.each([
    [['migrate']],
    [['migrate', 'a']],
    [['migrate', 'a', 'b', 'c']],
    [['migrate', 'a', 'b', '--as', 'list']],
  ])('answers %j with 2', (args) => {
    expect(runHoldfast(args).code).toBe(2)
  })
})
