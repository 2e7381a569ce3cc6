import type { Connection } from './connection.ts'

/** What this process counted since it last told the database: a read writes nothing, and a write not twice. */
export class Tally {
  hits = 0
  misses = 0
  sets = 0
  deletes = 0

  get isEmpty(): boolean {
    return this.hits === 0 && this.misses === 0 && this.sets === 0 && this.deletes === 0
  }

  /** Adds the counts to the totals, in the open transaction. */
  write(connection: Connection): void {
    const sql = `UPDATE counters SET hits = hits + ?, misses = misses + ?, sets = sets + ?, deletes = deletes + ?`
    connection.run(sql, this.hits, this.misses, this.sets, this.deletes)
    this.reset()
  }

  reset(): void {
    this.hits = 0
    this.misses = 0
    this.sets = 0
    this.deletes = 0
  }
}
