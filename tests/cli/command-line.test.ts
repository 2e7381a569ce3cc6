import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runHoldfast } from './run-holdfast.ts'

const manifest = join(import.meta.dirname, '..', '..', 'package.json')

describe('holdfast', () => {
  it('--version prints the version of the package', () => {
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
    expect(runHoldfast(['--version'])).toEqual({ code: 0, out: `${version}\n`, error: '' })
  })

  it('--help lists the commands, and a command explains itself', () => {
    const general = runHoldfast(['--help'])
    expect(general).toMatchObject({ code: 0, error: '' })
    expect(general.out).toMatch(/^ {2}demo +\S/m)
    const demo = runHoldfast(['demo', '--help'])
    expect(demo).toMatchObject({ code: 0, error: '' })
    for (const option of ['--cache', '--fresh', '--limit', '--json'])
      expect(demo.out).toContain(option)
  })

  it.each([
    ['an unknown command', ['nope'], "unknown command 'nope'"],
    ['a name that every object has', ['constructor'], "unknown command 'constructor'"],
    ['an unknown option before a command', ['--nope'], "unknown option '--nope'"],
    ['an unknown option of a command', ['demo', '--nope'], "'--nope'"],
    ['an option without its value', ['demo', '--cache'], '--cache'],
    ['an empty value', ['demo', '--cache='], '--cache wants a folder'],
    ['a count that is none', ['demo', '--limit', '1.5'], "not '1.5'"],
    ['a count of nothing', ['demo', '--limit', '0'], "not '0'"],
    ['two folders', ['demo', 'a', 'b'], 'one folder at a time'],
  ])('answers %s with exit code 2 and one line', (_, args, complaint) => {
    const { code, out, error } = runHoldfast(args)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(error).toMatch(/^holdfast: [^\n]+\n$/)
    expect(error).toContain(complaint)
  })

  it('shows its help when called without a command, and exits with 2', () => {
    const { code, out, error } = runHoldfast([])
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(error).toContain('Usage: holdfast COMMAND')
  })
})
