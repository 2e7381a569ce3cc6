import type { Key } from '../contracts/key.ts'
import { unwrap } from '../frame/frame.ts'
import { checkOptionNames } from '../util/options.ts'
import { findUnreadableKeys, findUnsoundRows } from './check-rows.ts'
import type { Row } from './driver.ts'
import type { Engine } from './engine.ts'
import { findOrphans, valueFolders } from './recovery.ts'
import { removeDamaged } from './repair.ts'
import { isDamage } from './sqlite-errors.ts'
import { keyed } from './stored-key.ts'
import { unlinkIfThere } from './value-files.ts'

/** Options of `check`. */
export interface CheckOptions {
  /** Puts right what can be. @default false */
  readonly fix?: boolean | undefined
  /** Also reads every value and compares its checksum. @default false */
  readonly verify?: boolean | undefined
}

/** Something that is not as it should be. */
export interface Problem {
  readonly kind:
    | 'orphan'
    | 'missing-file'
    | 'size-mismatch'
    | 'checksum'
    | 'row'
    | 'counter-drift'
    | 'dangling-tag'
    | 'stale-lease'
    | 'database'
  readonly key?: Key
  readonly file?: string
  readonly detail: string
  readonly fixed: boolean
}

/** What `check` found. */
export interface CheckReport {
  /** Whether nothing is wrong, or all that was has been put right. */
  readonly ok: boolean
  readonly problems: readonly Problem[]
  /** Entries and bytes as counted, expired ones included as long as they are there. */
  readonly entries: number
  readonly bytes: number
}

const pageSize = 256

/** Compares database, files and counters. Every repair looks again under the write lock, so live writers lose nothing. */
export function checkStore(engine: Engine, options: CheckOptions = {}): CheckReport {
  checkOptionNames('check', options, ['fix', 'verify'])
  const audit = new Audit(
    engine,
    options.fix === true && !engine.options.readonly,
    options.verify === true,
  )
  return audit.run()
}

function isFrame(value: unknown): boolean {
  try {
    return value instanceof Uint8Array && unwrap(value, true).payload !== undefined
  } catch {
    return false
  }
}

class Audit {
  readonly #engine: Engine
  readonly #fix: boolean
  readonly #verify: boolean
  readonly #problems: Problem[] = []

  constructor(engine: Engine, fix: boolean, verify: boolean) {
    this.#engine = engine
    this.#fix = fix
    this.#verify = verify
  }

  run(): CheckReport {
    this.#checkDatabase()
    this.#checkRows()
    this.#checkFiles()
    if (this.#verify) this.#checkInline()
    this.#checkOrphans()
    this.#checkTags()
    this.#checkNextId()
    this.#checkLeases()
    const { entries, bytes } = this.#checkCounters()
    return {
      ok: this.#problems.every((problem) => problem.fixed),
      problems: this.#problems,
      entries,
      bytes,
    }
  }

  #add(problem: Omit<Problem, 'fixed'>, fixed: boolean): void {
    this.#problems.push({ ...problem, fixed })
  }

  #checkDatabase(): void {
    let verdicts: string[]
    try {
      verdicts = this.#engine.connection
        .rows('PRAGMA integrity_check(20)')
        .map((row) => String(row[0]))
    } catch (error) {
      if (!isDamage(error)) throw error
      verdicts = [(error as Error).message]
    }
    for (const detail of verdicts) {
      if (detail !== 'ok')
        this.#add({ kind: 'database', detail }, this.#fix && this.#rebuildIndexes(detail))
    }
  }

  /** An index that does not fit its table can be made anew from it; damage to a table cannot. */
  #rebuildIndexes(detail: string): boolean {
    if (!detail.includes('index')) return false
    this.#engine.transactions.write('check', () => this.#engine.connection.run('REINDEX'))
    return String(this.#engine.connection.row('PRAGMA integrity_check(1)')?.[0]) === 'ok'
  }

  #checkFiles(): void {
    const sql = `SELECT id, size, file, key, long_key, checksum, file_size FROM entries
      WHERE file IS NOT NULL AND id > ? ORDER BY id LIMIT ${pageSize}`
    for (let position = 0; ; ) {
      const rows = this.#engine.connection.rows(sql, position)
      for (const row of rows) {
        position = row[0] as number
        this.#checkFile(row)
      }
      if (rows.length < pageSize) return
    }
  }

  /** Without these the rest of the check, and much else, would stumble. */
  #checkRows(): void {
    for (const { id, detail } of findUnsoundRows(this.#engine)) this.#dropRow(id, detail)
    if (!this.#verify) return
    for (const { id, detail } of findUnreadableKeys(this.#engine)) this.#dropRow(id, detail)
  }

  #dropRow(id: number, detail: string): void {
    if (this.#fix) {
      this.#engine.transactions.write('check', () => {
        this.#engine.coherence.touchAll()
        this.#engine.connection.run('DELETE FROM entries WHERE id = ?', id)
      })
    }
    this.#add({ kind: 'row', detail }, this.#fix)
  }

  #checkInline(): void {
    const sql = `SELECT id, key, long_key, value FROM entries WHERE file IS NULL AND id > ? ORDER BY id LIMIT ${pageSize}`
    for (let position = 0; ; ) {
      const rows = this.#engine.connection.rows(sql, position)
      for (const [id, key, long, value] of rows) {
        position = id as number
        if (isFrame(value)) continue
        const detail = 'the value is not what was written'
        const fixed =
          this.#fix && removeDamaged(this.#engine, key as Uint8Array, position, value as Uint8Array)
        this.#add({ kind: 'checksum', detail, ...keyed(key, long) }, fixed)
      }
      if (rows.length < pageSize) return
    }
  }

  #checkFile(row: Row): void {
    const file = row[2] as string
    const wrong = this.#wrongWith(file, row)
    if (wrong === undefined || !this.#stillNamed(row)) return
    const problem = { ...wrong, ...keyed(row[3], row[4]), file }
    const fixed =
      this.#fix && removeDamaged(this.#engine, row[3] as Uint8Array, row[0] as number, file)
    this.#add(problem, fixed)
  }

  #wrongWith(file: string, row: Row): Pick<Problem, 'kind' | 'detail'> | undefined {
    const { values } = this.#engine
    const named = {
      name: file,
      size: row[1] as number,
      total: row[6] as number,
      checksum: row[5] as Uint8Array,
      digest: undefined,
    }
    const wrong = values.check(named, this.#verify)
    return wrong === undefined
      ? undefined
      : { kind: wrong.kind, detail: `the value file is ${wrong.damage}` }
  }

  /** Between our looks at row and file, a writer may have replaced both. */
  #stillNamed(row: Row): boolean {
    return (
      this.#engine.connection.row(
        'SELECT 1 FROM entries WHERE id = ? AND file = ?',
        row[0] as number,
        row[2] as string,
      ) !== undefined
    )
  }

  #checkOrphans(): void {
    const { connection, layout, options } = this.#engine
    const now = Date.now()
    for (const folder of valueFolders(layout)) {
      for (const { file, path, age } of findOrphans(layout, connection, folder, now)) {
        // A young one may be a writer's whose session we cannot see; it is no problem yet.
        if (age < options.orphanAge) continue
        if (this.#fix) unlinkIfThere(path)
        this.#add({ kind: 'orphan', file, detail: 'no entry names this value file' }, this.#fix)
      }
    }
  }

  #checkTags(): void {
    const dangling = 'SELECT count(*) FROM tags WHERE id NOT IN (SELECT id FROM entries)'
    const count = Number(this.#engine.connection.row(dangling)?.[0] ?? 0)
    if (count === 0) return
    if (this.#fix) {
      this.#engine.transactions.run(
        'check',
        'DELETE FROM tags WHERE id NOT IN (SELECT id FROM entries)',
      )
    }
    this.#add({ kind: 'dangling-tag', detail: `${count} tags belong to no entry` }, this.#fix)
  }

  /** An id that is given out twice would make every new entry fail. */
  #checkNextId(): void {
    const behind = 'SELECT 1 FROM counters WHERE next_id <= (SELECT max(id) FROM entries)'
    if (this.#engine.connection.row(behind) === undefined) return
    if (this.#fix) {
      const repair = 'UPDATE counters SET next_id = 1 + (SELECT max(id) FROM entries)'
      this.#engine.transactions.run('check', repair)
    }
    this.#add({ kind: 'counter-drift', detail: 'the next id is one that was given out' }, this.#fix)
  }

  #checkLeases(): void {
    const sql = 'SELECT name FROM leases WHERE expires <= ?'
    const stale = this.#engine.connection.rows(sql, this.#engine.now())
    if (stale.length === 0) return
    if (this.#fix) this.#engine.leases.sweep()
    // A holder that died leaves one behind; the next to ask takes it, so it is no damage.
    for (const [name] of stale)
      this.#add({ kind: 'stale-lease', detail: `the lease '${name}' has run out` }, true)
  }

  #checkCounters(): { entries: number; bytes: number } {
    const count = `SELECT count(*), total(size), total(file_size),
      (SELECT total(size) FROM trash), (SELECT count(*) FROM leases WHERE load_of IS NOT NULL) FROM entries`
    const drift = `SELECT c.entries, c.bytes, c.file_bytes, c.trash_bytes, c.loads, n.* FROM counters c, (${count}) n`
    const row = (this.#engine.connection.row(drift) ?? []) as readonly number[]
    const [kept, counted] = [row.slice(0, 5), row.slice(5)]
    if (kept.every((value, index) => value === counted[index]))
      return { entries: counted[0] ?? 0, bytes: counted[1] ?? 0 }
    if (this.#fix) {
      const repair = `UPDATE counters SET (entries, bytes, file_bytes, trash_bytes, loads) = (${count})`
      this.#engine.transactions.run('check', repair)
    }
    const detail = `entries, bytes, bytes in files, bytes in trash and loads are kept as ${kept.join(', ')} and counted as ${counted.join(', ')}`
    this.#add({ kind: 'counter-drift', detail }, this.#fix)
    return { entries: counted[0] ?? 0, bytes: counted[1] ?? 0 }
  }
}
