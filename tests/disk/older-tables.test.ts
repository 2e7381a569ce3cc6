import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { codeOf } from '../support/code-of.ts'
import { openDatabase } from '../support/sqlite-driver.mjs'
import { openCache } from './support/forms.ts'

it('a store with the tables of a version before the release is refused, or set aside', async () => {
  const cache = openCache()
  cache.set('a', 1)
  cache.close()
  const database = await openDatabase(join(cache.directory, 'holdfast.db'))
  database.exec('ALTER TABLE entries DROP COLUMN signature')
  database.close()
  expect(codeOf(() => openCache({}, cache.directory))).toBe('ERR_CORRUPT')
  const anew = openCache({ onCorrupt: 'recreate' }, cache.directory)
  expect(anew.get('a')).toBeUndefined()
  anew.set('a', 2)
  expect(anew.get('a')).toBe(2)
  expect(readdirSync(cache.directory).some((name) => name.includes('quarantine'))).toBe(true)
})
