/**
 * The pragmas the store sets on every connection, so that raw SQLite is measured on equal terms.
 * The engine exports nothing for this: keep the list equal to `src/disk/connection.ts` (and the
 * journal mode to `src/disk/schema.ts`). `busy_timeout` differs on purpose: the store waits in its
 * own way, raw SQLite in its own.
 */
export const STORE_PRAGMAS = [
  'PRAGMA journal_mode = WAL',
  'PRAGMA busy_timeout = 5000',
  'PRAGMA cache_size = -16384',
  'PRAGMA temp_store = MEMORY',
  'PRAGMA trusted_schema = OFF',
  'PRAGMA synchronous = NORMAL',
  'PRAGMA wal_autocheckpoint = 1000',
  'PRAGMA journal_size_limit = 4194304',
]
