import type { SqlValue } from '../../../src/disk/driver.ts'
import { frames } from './frames.ts'
import { blocked, type Run } from './run.ts'
import { nobody, readKey } from './world.ts'

const busyError = Object.assign(new Error('database is locked'), { errcode: 5 })
const busy = 1

/** What a process is writing. */
export interface Writing {
  /** The value that its transaction stores or, where it removes, the absence. */
  readonly value: number
}

/**
 * The connection of one process, of which each statement is a step, or two: one that changes rows outside of a transaction
 * takes the write lock, calls `holdfast_announce` if it says so, and commits.
 */
export class ScriptedConnection {
  readonly database: { exec(sql: string): void } = { exec: (sql) => void this.run(sql) }
  /** What it is about to write; nothing while it only tidies up. */
  writing: Writing | undefined
  /** The absence that was read last. */
  absence = 0
  protected readonly script: Run
  readonly #absences: ReadonlySet<number>
  /** Whether a statement that finds the lock taken says so, as it would; otherwise it waits as the code after that does. */
  readonly #saysBusy: boolean
  #announce: () => SqlValue = () => 0
  #staged: number | undefined
  readonly #savepoints: (number | undefined)[] = []
  #isOpen = false
  #namesPage = false
  #ownCommits = 0

  constructor(script: Run, absences: ReadonlySet<number>, saysBusy: boolean) {
    this.script = script
    this.#absences = absences
    this.#saysBusy = saysBusy
  }

  /** Whether a transaction is open, or a statement runs as one. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  define(_name: string, announce: () => SqlValue): void {
    this.#announce = announce
  }

  prepare(sql: string): {
    run(...parameters: SqlValue[]): { changes: number }
    get(...parameters: SqlValue[]): unknown
  } {
    return {
      run: (...parameters) => ({ changes: this.run(sql, ...parameters) }),
      get: () => this.row(sql),
    }
  }

  runWith(sql: string, parameters: readonly SqlValue[]): number {
    return this.run(sql, ...parameters)
  }

  row(sql: string): readonly SqlValue[] | undefined {
    if (sql === 'PRAGMA data_version') return [this.#dataVersion()]
    if (sql.startsWith('SELECT entries -')) return [1]
    const value = this.#staged ?? this.script.step('row', () => this.script.world.value)
    if (!this.#absences.has(value)) return [1, null, 0, 0, null, frames[value] as Uint8Array]
    this.absence = value
    return undefined
  }

  run(sql: string, ...parameters: SqlValue[]): number {
    const [verb = '', what] = sql.split(' ', 2)
    if (verb === 'BEGIN') this.begin(this.writing === undefined)
    else if (verb === 'COMMIT') this.#commit()
    else if (verb === 'SAVEPOINT') this.#savepoints.push(this.#staged)
    else if (verb === 'ROLLBACK' && what === 'TO') this.#staged = this.#savepoints.at(-1)
    else if (verb === 'ROLLBACK') this.#rollBack()
    else if (verb === 'RELEASE') this.#savepoints.pop()
    else if (sql.includes('settings')) this.#namesPage = true
    else if (sql.includes('entries')) this.#change(sql, parameters)
    return 1
  }

  /** @param saysBusy whether to fail, or to wait, where somebody else has the lock. */
  protected begin(saysBusy: boolean): void {
    const { actor, world } = this.script
    const { writing } = this
    const isBusy = this.script.step('BEGIN', () => {
      if (world.lock !== nobody) return saysBusy ? busy : blocked
      // Writes have an order, which costs nothing: whoever is first has the smallest value.
      if (writing !== undefined && world.turn !== writing.value - 1) return blocked
      world.lock = actor
      return 0
    })
    if (isBusy === busy) throw busyError
    this.#isOpen = true
    this.#staged = undefined
  }

  #change(sql: string, parameters: readonly SqlValue[]): void {
    const isAlone = !this.#isOpen
    if (isAlone) this.begin(this.#saysBusy)
    if (sql.includes('holdfast_announce()')) this.#announce()
    if (parameters.length === 0 || parameters.includes(readKey.bytes))
      this.#staged = this.writing?.value
    if (isAlone) this.#commit()
  }

  #commit(): void {
    const staged = this.#staged
    this.script.step('COMMIT', () => {
      const { world } = this.script
      world.commit(staged)
      if (this.#namesPage) world.named = world.file
      return 0
    })
    this.#ownCommits += 1
    this.#close()
  }

  #rollBack(): void {
    const { world } = this.script
    const { writing } = this
    this.script.step('ROLLBACK', () => {
      if (writing === undefined) world.lock = nobody
      else world.rollBack()
      return 0
    })
    this.#close()
  }

  /** What follows a transaction does not wait for the lock. */
  #close(): void {
    this.#isOpen = false
    this.#staged = undefined
    this.writing = undefined
  }

  /** Changes when others commit. */
  #dataVersion(): number {
    const commits = this.script.step('data_version', () => this.script.world.commits)
    return commits - this.#ownCommits
  }
}
