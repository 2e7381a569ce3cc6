import { Coherence } from '../../../src/disk/coherence.ts'
import type { Connection } from '../../../src/disk/connection.ts'
import type { Engine } from '../../../src/disk/engine.ts'
import { EntryRows } from '../../../src/disk/entry-rows.ts'
import { HotEntry } from '../../../src/disk/hot-entry.ts'
import { HotReads } from '../../../src/disk/hot-reads.ts'
import { HotSet } from '../../../src/disk/hot-set.ts'
import type { PageFile } from '../../../src/disk/page-file.ts'
import { Reader } from '../../../src/disk/reader.ts'
import { Stamps } from '../../../src/disk/stamp.ts'
import { Tally } from '../../../src/disk/tally.ts'
import { Transactions } from '../../../src/disk/transactions.ts'
import type { ValueFiles } from '../../../src/disk/value-files.ts'
import { WriteLock } from '../../../src/disk/write-lock.ts'
import { Writer } from '../../../src/disk/writer.ts'
import { format, valueOf } from './frames.ts'
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
}

export const soundParts: Parts = {
  Coherence,
  Page: ScriptedPage,
  Connection: ScriptedConnection,
}

export interface Shape {
  readonly isMapped: boolean
  readonly saysBusy: boolean
  /** Values that say that there is no entry. */
  readonly absences: ReadonlySet<number>
  readonly parts: Parts
}

const clock = { now: () => 0 }

/** A process: the store's own parts over a scripted page and connection. */
export class Process {
  readonly connection: ScriptedConnection
  readonly coherence: Coherence
  readonly hot: HotReads
  readonly transactions: Transactions
  readonly reader: Reader
  readonly writer: Writer
  readonly #absences: ReadonlySet<number>

  constructor(run: Run, { isMapped, saysBusy, absences, parts }: Shape) {
    this.#absences = absences
    this.connection = new parts.Connection(run, absences, saysBusy)
    const connection = this.connection as unknown as Connection
    const open = { descriptor: pageDescriptor, inode: 1n }
    const map = (): ScriptedPage => new parts.Page(run, () => this.connection.isOpen)
    const file: Partial<PageFile> = {
      open: () => open,
      openAny: () => open,
      map: isMapped ? map : () => undefined,
    }
    const coherence = new parts.Coherence(connection, file as PageFile, false)
    coherence.attach(() => {})
    const stamps = new Stamps(clock as never)
    const tally = new Tally()
    const set = new HotSet({ maxBytes: 2 ** 20, share: 'copy' })
    const { now } = clock
    this.coherence = coherence
    const shared = { coherence, format, tally, stamps, now, connection, signatures: undefined }
    const hot = new HotReads({ ...shared, set, noteUse: undefined, memory: 'plaintext' })
    this.hot = hot
    const lock = new WriteLock(connection, 0)
    const noFiles = {} as ValueFiles
    this.transactions = new Transactions(connection, lock, coherence, noFiles, tally, false)
    this.transactions.listener = hot
    const nothing = (): void => {}
    const rows = new EntryRows({ ...shared, emit: nothing, removeForged: nothing })
    this.reader = new Reader({
      ...shared,
      ...{ rows, hot, values: {} as never, verify: false, noteUse: undefined },
      ...{ emit: nothing, throwsAtDamage: false, repair: nothing },
    })
    const engine = {
      ...{ ...shared, hot, rows, transactions: this.transactions },
      ...{ uses: { clear: nothing }, maintenance: { notePut: nothing } },
      leases: { outdate: nothing, outdateAll: nothing },
    }
    this.writer = new Writer(engine as unknown as Engine)
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
    return state === 'value' ? (value as number) : valueOf(bytes)
  }
}
