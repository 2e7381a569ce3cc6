import type { Database } from './driver.ts'

/** Marks our databases in their header: the bytes `hfst`. */
export const applicationId = 0x68667374

/** Version of everything below. A store with a higher one is refused. */
export const formatVersion = 1

/**
 * `entries`: one row an entry. The value comes last, because SQLite must walk an entry's overflow pages to reach what lies
 * behind it. An ordinary rowid table: in a WITHOUT ROWID one a payload over about 1 kB spills into overflow pages.
 *
 * - `id`: insertion order, never used twice.
 * - `key`: canonical text as bytes, or `#` and its SHA-256 where it is long; then the whole text is in `long_key`. Bytes,
 *   because one of the two drivers cuts text at NUL.
 * - `codec`: number of a built-in codec or id of a user's.
 * - `flags`: 1 = the value is what a promise resolved to (memoized functions).
 * - `written`, `used`: stamps, that is microseconds since the epoch made unique; `used` is NULL until the first use or
 *   overwrite. `uses` counts.
 * - `rank`: place in the eviction queue, NULL as long as that is the place by insertion (see eviction.ts).
 * - `expires`: milliseconds since the epoch, NULL = never.
 * - `size`: bytes of the payload. `value`: its frame (see docs/concepts/frame.md), unless that lies in a file; then `file` names
 *   it, `file_size` is its length, and `checksum` repeats the frame's, so that a file in another's place is noticed.
 * - `signature`: over all of this, where the store signs (see docs/concepts/signing.md).
 *
 * `counters`: one row that is always exact, so that size, bytes and limits need no scan. Every write changes its page, so the
 * `store_id` in it says whose log lies beside the database.
 * `trash`: files of deleted values, unlinked a little later; `since` is when that was noticed.
 * `leases`: locks and loads in progress.
 */
const tables = `
CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  key BLOB NOT NULL UNIQUE,
  codec NUMERIC NOT NULL,
  size INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  written INTEGER NOT NULL,
  used INTEGER,
  uses INTEGER NOT NULL,
  rank INTEGER,
  expires INTEGER,
  file TEXT,
  file_size INTEGER,
  checksum BLOB,
  long_key BLOB,
  tags TEXT,
  description TEXT,
  meta BLOB,
  signature BLOB,
  value BLOB
);
CREATE INDEX entries_by_rank ON entries (rank) WHERE rank IS NOT NULL;
CREATE INDEX entries_by_expiry ON entries (expires, size) WHERE expires IS NOT NULL;
CREATE TABLE tags (tag TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tag, id)) WITHOUT ROWID;
CREATE TABLE counters (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  store_id TEXT NOT NULL,
  entries INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  file_bytes INTEGER NOT NULL,
  trash_bytes INTEGER NOT NULL,
  next_id INTEGER NOT NULL,
  hand INTEGER NOT NULL,
  loads INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  misses INTEGER NOT NULL,
  sets INTEGER NOT NULL,
  deletes INTEGER NOT NULL,
  evictions INTEGER NOT NULL,
  expirations INTEGER NOT NULL
);
CREATE INDEX entries_by_file ON entries (file) WHERE file IS NOT NULL;
CREATE TABLE trash (id INTEGER PRIMARY KEY, file TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, since INTEGER);
CREATE INDEX trash_by_age ON trash (since);
CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  fence INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  load_of BLOB,
  tags TEXT
) WITHOUT ROWID;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`

/** The {@link triggers} that the removal of an entry runs. */
export const deleteTriggers = `
CREATE TRIGGER entry_deleted AFTER DELETE ON entries BEGIN
  UPDATE counters SET entries = entries - 1, bytes = bytes - old.size WHERE one = 1;
END;
CREATE TRIGGER file_deleted AFTER DELETE ON entries WHEN old.file IS NOT NULL BEGIN
  UPDATE counters SET file_bytes = file_bytes - coalesce(old.file_size, 0) WHERE one = 1;
  INSERT OR IGNORE INTO trash (file, size) VALUES (old.file, coalesce(old.file_size, 0));
END;
CREATE TRIGGER tags_deleted AFTER DELETE ON entries WHEN old.tags IS NOT NULL BEGIN
  DELETE FROM tags WHERE id = old.id AND tag IN (SELECT value FROM json_each(CASE WHEN json_valid(old.tags) THEN old.tags ELSE '[]' END));
END;
CREATE TRIGGER load_outdated_by_delete AFTER DELETE ON entries WHEN (SELECT loads FROM counters) > 0 BEGIN
  DELETE FROM leases WHERE load_of = old.key;
END;
`

/** Takes {@link deleteTriggers} away, for a transaction that removes every entry and puts them back. */
export const dropDeleteTriggers =
  'DROP TRIGGER entry_deleted; DROP TRIGGER file_deleted; DROP TRIGGER tags_deleted; DROP TRIGGER load_outdated_by_delete;'

/**
 * What must change together is changed by the database itself: whoever writes a row, its statement also keeps the counters,
 * sends the file that the row no longer names to the trash, keeps the tags, and ends a load of a key that is deleted. A plain
 * `set` is so one statement that commits by itself, which costs less than a transaction of several. What is rare has a trigger
 * of its own with a WHEN, which costs next to nothing when it does not hold; a value replaced by one of the same size changes
 * no counter, and so no page but its own.
 */
const triggers = `
CREATE TRIGGER entry_inserted AFTER INSERT ON entries BEGIN
  UPDATE counters SET entries = entries + 1, bytes = bytes + new.size, next_id = new.id + 1 WHERE one = 1;
END;
CREATE TRIGGER entry_replaced AFTER UPDATE OF size ON entries WHEN new.size <> old.size BEGIN
  UPDATE counters SET bytes = bytes + new.size - old.size WHERE one = 1;
END;
${deleteTriggers}
CREATE TRIGGER file_named AFTER INSERT ON entries WHEN new.file IS NOT NULL BEGIN
  UPDATE counters SET file_bytes = file_bytes + coalesce(new.file_size, 0) WHERE one = 1;
END;
CREATE TRIGGER file_renamed AFTER UPDATE OF file ON entries WHEN new.file IS NOT NULL BEGIN
  UPDATE counters SET file_bytes = file_bytes + coalesce(new.file_size, 0) WHERE one = 1;
END;
CREATE TRIGGER file_replaced AFTER UPDATE OF file ON entries WHEN old.file IS NOT NULL BEGIN
  UPDATE counters SET file_bytes = file_bytes - coalesce(old.file_size, 0) WHERE one = 1;
  INSERT OR IGNORE INTO trash (file, size) VALUES (old.file, coalesce(old.file_size, 0));
END;
CREATE TRIGGER tags_inserted AFTER INSERT ON entries WHEN new.tags IS NOT NULL BEGIN
  INSERT INTO tags (tag, id) SELECT value, new.id FROM json_each(new.tags);
END;
CREATE TRIGGER tags_replaced AFTER UPDATE OF tags ON entries WHEN old.tags IS NOT new.tags BEGIN
  DELETE FROM tags WHERE id = old.id AND tag IN (SELECT value FROM json_each(CASE WHEN json_valid(old.tags) THEN old.tags ELSE '[]' END));
  INSERT INTO tags (tag, id) SELECT value, new.id FROM json_each(new.tags);
END;
CREATE TRIGGER trash_added AFTER INSERT ON trash BEGIN
  UPDATE counters SET trash_bytes = trash_bytes + new.size WHERE one = 1;
END;
CREATE TRIGGER trash_removed AFTER DELETE ON trash BEGIN
  UPDATE counters SET trash_bytes = trash_bytes - old.size WHERE one = 1;
END;
CREATE TRIGGER load_begun AFTER INSERT ON leases WHEN new.load_of IS NOT NULL BEGIN
  UPDATE counters SET loads = loads + 1 WHERE one = 1;
END;
CREATE TRIGGER load_ended AFTER DELETE ON leases WHEN old.load_of IS NOT NULL BEGIN
  UPDATE counters SET loads = loads - 1 WHERE one = 1;
END;
`

/** What a store remembers of how it was created. */
export interface Settings {
  /** Random; also kept beside the database, so that a log of another store laid beside it is noticed. */
  readonly storeId: string
  readonly kind: StoreKind
  /** `''`, or `index/count` for a shard. */
  readonly shard: string
}

/** A directory is one or the other for ever. */
export type StoreKind = 'cache' | 'index'

/** Creates the tables in an empty database; the caller holds the write lock. */
export function createSchema(database: Database, settings: Settings): void {
  database.exec(tables + triggers)
  const counters = 'INSERT INTO counters VALUES (1, ?, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)'
  database.prepare(counters).run(settings.storeId)
  const insert = database.prepare('INSERT INTO settings VALUES (?, ?)')
  insert.run('store-id', settings.storeId)
  insert.run('kind', settings.kind)
  insert.run('shard', settings.shard)
  database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatVersion}`)
}

/** The settings of an existing store. */
export function readSettings(database: Database): Settings {
  const rows = database
    .prepare(`SELECT name, value FROM settings WHERE name IN ('store-id', 'kind', 'shard')`)
    .all() as {
    name: string
    value: string
  }[]
  const named = new Map(rows.map((row) => [row.name, row.value]))
  return {
    storeId: named.get('store-id') ?? '',
    kind: named.get('kind') === 'index' ? 'index' : 'cache',
    shard: named.get('shard') ?? '',
  }
}
