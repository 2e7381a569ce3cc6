import { readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DiskCache } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { allForms } from './support/forms.ts'

it.each(allForms)(
  '$name: a compute function that closes the store still gives its value to its caller',
  ({ open }) => {
    const store = open({})
    const value = store.getOrSet('a', () => {
      store.close()
      return 5
    })
    expect(value).toBe(5)
  },
)

it('a listener may close the store of which it is told; others can still write', () => {
  const directory = temporaryDirectory()
  const cache = new DiskCache(directory, { inlineBytes: 100, onEvent: () => cache.close() })
  cache.set('a', Buffer.alloc(1_000))
  const values = join(directory, 'values')
  for (const folder of readdirSync(values)) {
    for (const name of readdirSync(join(values, folder)))
      truncateSync(join(values, folder, name), 10)
  }
  expect(cache.getMany(['a']).size).toBe(0)
  expect(codeOf(() => cache.get('a'))).toBe('ERR_CLOSED')
  using other = new DiskCache(directory)
  other.set('b', 1)
  expect(other.get('a')).toBeUndefined()
  expect(other.check().problems).toEqual([])
})
