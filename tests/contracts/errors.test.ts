import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errorCodes, HoldfastError, isHoldfastError } from '../../src/index.ts'

describe('HoldfastError', () => {
  it('is an Error with a code and, where there is one, a cause', () => {
    const cause = new RangeError('why')
    const error = new HoldfastError('ERR_BUSY', 'message', { cause })
    expect(error).toBeInstanceOf(Error)
    expect([error.name, error.code, error.message, error.cause]).toEqual([
      'HoldfastError',
      'ERR_BUSY',
      'message',
      cause,
    ])
    expect(new HoldfastError('ERR_BUSY', 'message')).not.toHaveProperty('cause')
  })
})

describe('isHoldfastError', () => {
  it('tells ours from others, and by code', () => {
    const error = new HoldfastError('ERR_BUSY', 'message')
    expect(isHoldfastError(error)).toBe(true)
    expect(isHoldfastError(error, 'ERR_CLOSED', 'ERR_BUSY')).toBe(true)
    expect(isHoldfastError(error, 'ERR_CLOSED')).toBe(false)
    for (const other of [new Error('x'), { code: 'ERR_BUSY' }, null, undefined, 'ERR_BUSY']) {
      expect(isHoldfastError(other)).toBe(false)
    }
  })
})

describe('errorCodes', () => {
  it('are there once each, and look like codes', () => {
    expect(errorCodes.length).toBe(new Set(errorCodes).size)
    for (const code of errorCodes) expect(code).toMatch(/^ERR(_[A-Z]+)+$/)
  })

  it('have a section each in docs/errors.md, which has no others', () => {
    const path = join(import.meta.dirname, '..', '..', 'docs', 'errors.md')
    const headings = readFileSync(path, 'utf8').match(/^#+ .*?ERR_[A-Z_]+.*$/gm) ?? []
    const named = headings.flatMap((heading) => heading.match(/ERR_[A-Z_]+/g) ?? [])
    expect(named.sort()).toEqual([...errorCodes].sort())
  })
})
