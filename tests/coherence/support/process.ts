import { Coherence } from '../../../src/disk/coherence.ts'
import type { Connection } from '../../../src/disk/connection.ts'
import type { Engine } from '../../../src/disk/engine.ts'
import { EntryRows } from '../../../src/disk/entry-rows.ts'
import { HotEntry } from '../../../src/disk/hot-entry.ts'
import { HotReads } from '../../../src/disk/hot-reads.ts'
import { HotSet } from '../../../src/disk/hot-set.ts'
import type { OpenPage, PageFile } from '../../../src/disk/page-file.ts'
import { Reader } from '../../../src/disk/reader.ts'
import { Stamps } from '../../../src/disk/stamp.ts'
import { Tally } from '../../../src/disk/tally.ts'
import { Transactions } from '../../../src/disk/transactions.ts'
import type { ValueFiles } from '../../../src/disk/value-files.ts'
import type { ValueReader } from '../../../src/disk/value-reader.ts'
import { WriteLock } from '../../../src/disk/write-lock.ts'
import { Writer } from '../../../src/disk/writer.ts'
import type { ValueFormat } from '../../../src/frame/value-format.ts'
import { format, valueInFrame } from './frames.ts'
import type { Run } from './run.ts'
import { ScriptedConnection } from './scripted-connection.ts'
import { pageDescriptor } from './scripted-file.ts'
import { ScriptedPage } from './scripted-page.ts'
import { readKey, readSlot } from './world.ts'

/** What a process keeps of the entry that is read. */
export interface Kept {
  readonly version: number
  readonly epoch: number
  readonly value: number
}

/** Classes of which a process is made. Tests of the test plant bugs here. */
export interface Parts {
  readonly Coherence: typeof Coherence
  readonly Page: typeof ScriptedPage
  readonly Connection: typeof ScriptedConnection
  readonly HotReads: typeof HotReads
}

export const soundParts: Parts = {
  Coherence,
  Page: ScriptedPage,
  Connection: ScriptedConnection,
  HotReads,
}

/** Which page a process found when it began: the first, the one that took its place, or none that the database names. */
export type PageOf = 'first' | 'second' | 'none'

export interface Shape {
  readonly isMapped: boolean
  readonly page: PageOf
  /** Whether another page may take the place of the first. */
  readonly canRetire: boolean
  readonly saysBusy: boolean
  /** Values that say that there is no entry. */
  readonly absences: ReadonlySet<number>
  readonly parts: Parts
}

interface Shared {
  readonly connection: Connection
  readonly coherence: Coherence
  readonly tally: Tally
  readonly format: ValueFormat
  readonly stamps: Stamps
  readonly signatures: undefined
  readonly now: () => number
}

const nothing = (): void => {}

function opened(number: number): OpenPage {
  return { descriptor: pageDescriptor + number, inode: BigInt(number) }
}

/** What makes no difference from one run to the next. */
const constant = {
  format,
  stamps: new Stamps({ now: () => 0, setTimeout: () => ({ clear: nothing }) }),
  signatures: undefined,
  now: () => 0,
}

/** Parts of the engine that have nothing to do with what is kept. */
const idle = {
  maintenance: { notePut: nothing },
  uses: { clear: nothing },
  leases: { outdate: nothing, outdateAll: nothing },
}

/** A process: the store's own parts over a scripted page and connection. Processes are made by the ten thousand. */
export class Process {
  readonly script: Run
  readonly connection: ScriptedConnection
  readonly coherence: Coherence
  readonly hot: HotReads
  readonly #absences: ReadonlySet<number>
  readonly #shared: Shared
  #transactions: Transactions | undefined
  #reader: Reader | undefined
  #writer: Writer | undefined

  constructor(run: Run, shape: Shape) {
    const { page, isMapped, canRetire, saysBusy, absences, parts } = shape
    this.script = run
    this.#absences = absences
    this.connection = new parts.Connection(run, absences, saysBusy)
    const connection = this.connection as unknown as Connection
    const isWriting = (): boolean => this.connection.isOpen
    const file: Partial<PageFile> = {
      open: () => (page === 'none' ? undefined : opened(page === 'first' ? 0 : 1)),
      openAny: () => opened(run.world.file),
      map: ({ descriptor }) =>
        isMapped
          ? new parts.Page(run, descriptor - pageDescriptor, isWriting, canRetire)
          : undefined,
    }
    const coherence = new parts.Coherence(connection, file as PageFile, false)
    coherence.attach(nothing)
    this.coherence = coherence
    this.#shared = { connection, coherence, tally: new Tally(), ...constant }
    this.hot = new parts.HotReads({
      ...this.#shared,
      set: new HotSet({ maxBytes: 2 ** 20, share: 'copy' }),
      noteUse: undefined,
      memory: 'plaintext',
    })
  }

  get transactions(): Transactions {
    if (this.#transactions === undefined) {
      const { connection, coherence, tally } = this.#shared
      const lock = new WriteLock(connection, 0)
      const files = {} as ValueFiles
      this.#transactions = new Transactions(connection, lock, coherence, files, tally, false)
      this.#transactions.listener = this.hot
    }
    return this.#transactions
  }

  get reader(): Reader {
    const { connection, tally, now } = this.#shared
    const signatures = undefined
    const emit = nothing
    this.#reader ??= new Reader({
      format,
      signatures,
      tally,
      hot: this.hot,
      rows: new EntryRows({ connection, signatures, now, emit, removeForged: nothing }),
      values: {} as ValueReader,
      verify: 'never',
      noteUse: undefined,
      emit,
      throwsAtDamage: false,
      repair: nothing,
    })
    return this.#reader
  }

  get writer(): Writer {
    const { hot, transactions } = this
    this.#writer ??= new Writer({
      ...this.#shared,
      hot,
      transactions,
      ...idle,
    } as unknown as Engine)
    return this.#writer
  }

  /** What it keeps of the entry. */
  get kept(): Kept | undefined {
    const entry = this.hot.set.ofText(readKey.text)
    if (entry === undefined) return undefined
    const { version, epoch } = entry
    return { version, epoch, value: this.#valueOf(entry) }
  }

  /** Has what a process of before has kept. */
  restore({ version, epoch, value }: Kept): void {
    const entry = new HotEntry(this.hot, readSlot, readKey.text.slice(1), false)
    const isAbsent = this.#absences.has(value)
    Object.assign(entry, { version, epoch, value: isAbsent ? undefined : value, size: 1 })
    entry.state = isAbsent ? 'absent' : 'value'
    if (isAbsent) this.connection.absence = value
    this.hot.set.add(entry)
  }

  /** Reads the entry. @returns the value if it was kept. */
  get(): number | undefined {
    const hits = this.hot.hits
    const before = this.kept?.value
    this.reader.get(readKey)
    return this.hot.hits > hits ? before : undefined
  }

  #valueOf({ state, value, bytes }: HotEntry): number {
    if (state === 'absent') return this.connection.absence
    return state === 'value' ? (value as number) : valueInFrame(bytes)
  }
}
