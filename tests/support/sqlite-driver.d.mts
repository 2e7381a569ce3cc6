/** The little of the SQLite driver that tests need. */
export interface Database {
  exec(sql: string): void
  prepare(sql: string): { run(...values: unknown[]): unknown; get(...values: unknown[]): unknown }
  close(): void
}

/** Opens a database file with SQLite itself, past the store. */
export declare function openDatabase(path: string): Promise<Database>
