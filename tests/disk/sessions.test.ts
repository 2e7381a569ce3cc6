import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCache } from './support/forms.ts'

describe('a session file whose header was cut off', () => {
  const plant = (directory: string, ageMs: number): string => {
    const path = join(directory, 'shared', '0123456789abcdef.session')
    writeFileSync(path, '{"pid": 12')
    const time = (Date.now() - ageMs) / 1_000
    utimesSync(path, time, time)
    return path
  }

  it('is left alone while it may still be written', () => {
    const cache = openCache()
    const path = plant(cache.directory, 0)
    openCache({}, cache.directory)
    expect(existsSync(path)).toBe(true)
  })

  it('counts as gone after a minute, so it holds up nothing for ever', () => {
    const cache = openCache({ inlineBytes: 10 })
    const path = plant(cache.directory, 120_000)
    const other = openCache({}, cache.directory)
    expect(existsSync(path)).toBe(false)
    other.set('a', 1)
    expect(
      readdirSync(join(cache.directory, 'shared')).filter((name) => name.endsWith('.session')),
    ).toHaveLength(2)
    expect(other.check({ fix: true }).ok).toBe(true)
  })
})
