/** The driver the store uses: `node:sqlite` where it is built in, else the package with its API. */
import { isBuiltin } from 'node:module'

export async function loadSqlite() {
  if (isBuiltin('node:sqlite')) {
    return { DatabaseSync: (await import('node:sqlite')).DatabaseSync, name: 'node:sqlite' }
  }
  const name = '@photostructure/sqlite'
  return { DatabaseSync: (await import(name)).DatabaseSync, name }
}
