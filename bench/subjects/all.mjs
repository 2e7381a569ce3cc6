/** Loads the subjects; one that cannot be loaded is left out, with the reason. */
import { cacache } from './cacache.mjs'
import { holdfast } from './holdfast.mjs'
import { keyv } from './keyv.mjs'
import { lmdb } from './lmdb.mjs'
import { plainFiles } from './plain-files.mjs'
import { rawSqlite } from './raw-sqlite.mjs'
import { unstorage } from './unstorage.mjs'

const LOADERS = { holdfast, rawSqlite, lmdb, plainFiles, keyv, cacache, unstorage }

export async function loadSubjects(warn) {
  const subjects = {}
  for (const [id, load] of Object.entries(LOADERS)) {
    try {
      subjects[id] = await load()
    } catch (error) {
      warn(`${id} is left out: ${String(error.message).split('\n')[0]}`)
    }
  }
  return subjects
}
