import type { EntryInfo } from '../contracts/entry.ts'
import { HoldfastError, isHoldfastError } from '../contracts/errors.ts'
import type { StoreEvent } from '../contracts/events.ts'
import { ValueFormat } from '../frame/value-format.ts'
import { ignoreRejection, isThenable } from '../util/is-thenable.ts'
import { Coherence } from './coherence.ts'
import { type Connection, closedError } from './connection.ts'
import { createFolders, type Layout, prepareDirectory } from './directory.ts'
import { EntryRows } from './entry-rows.ts'
import { evictionPolicies } from './eviction-policy.ts'
import { makeHot } from './hot.ts'
import type { HotReads } from './hot-reads.ts'
import type { HotSet } from './hot-set.ts'
import { Leases } from './leases.ts'
import { infoColumns, toInfo } from './listing.ts'
import { Maintenance } from './maintenance.ts'
import { openStore } from './open.ts'
import type { ResolvedOptions } from './options.ts'
import { PageFile } from './page-file.ts'
import { Place } from './place.ts'
import { Reader, type ReaderParts } from './reader.ts'
import { recoverSessions } from './recovery.ts'
import { Removal } from './removal.ts'
import { removeDamaged, removeForged } from './repair.ts'
import { Reserve } from './reserve.ts'
import type { StoreKind } from './schema.ts'
import { Session } from './session.ts'
import { Signatures } from './signatures.ts'
import { Snapshots } from './snapshots.ts'
import { storageCodes, toStoreError } from './sqlite-errors.ts'
import { Stamps } from './stamp.ts'
import { keyed, type StoredKey } from './stored-key.ts'
import { Tally } from './tally.ts'
import { Transactions } from './transactions.ts'
import { Trash } from './trash.ts'
import { Uses } from './uses.ts'
import { ValueFiles } from './value-files.ts'
import { ValueReader } from './value-reader.ts'
import { WriteLock } from './write-lock.ts'
import { Writer } from './writer.ts'

export interface EngineShape {
  /** Name of the class the caller made, for messages. */
  readonly what: string
  readonly kind: StoreKind
  readonly shard: string
}

/**
 * One open store: its parts, made in order and closed in the reverse one. The classes that users see check and translate
 * their arguments and call the parts; the parts know only what their constructors name.
 */
export class Engine {
  readonly shape: EngineShape
  readonly options: ResolvedOptions
  readonly layout: Layout
  readonly connection: Connection
  readonly files: ValueFiles
  readonly stamps: Stamps
  readonly format: ValueFormat
  readonly values: ValueReader
  readonly signatures: Signatures | undefined
  readonly rows: EntryRows
  readonly tally: Tally = new Tally()
  readonly uses: Uses = new Uses()
  readonly coherence: Coherence
  readonly hot: HotReads | undefined
  readonly transactions: Transactions
  readonly removal: Removal
  readonly trash: Trash
  readonly reserve: Reserve
  readonly leases: Leases
  readonly reader: Reader
  readonly writer: Writer
  readonly maintenance: Maintenance
  /** Run first when the store closes. */
  readonly beforeClose: (() => void)[] = []
  readonly #session: Session | undefined
  readonly #place: Place
  readonly #snapshots = new Snapshots()
  #closed = false

  /** @param hotSet the set that the store keeps entries in, if it shares one with others. */
  constructor(
    directory: unknown,
    shape: EngineShape,
    options: ResolvedOptions,
    hotSet: HotSet | undefined,
  ) {
    this.shape = shape
    this.options = options
    const { layout, connection } = openStore(prepareDirectory(directory, options.readonly), {
      ...shape,
      ...options,
      emit: this.emit,
    })
    this.layout = layout
    this.connection = connection
    this.#place = new Place(layout)
    try {
      if (!options.readonly) createFolders(layout)
      this.#session = options.readonly ? undefined : new Session(layout.shared)
    } catch (error) {
      connection.close()
      throw toStoreError(error, layout.directory)
    }
    const policy = evictionPolicies[options.eviction]
    this.files = new ValueFiles(layout.values, this.#session, options.durability)
    this.values = new ValueReader(this.files, options)
    this.stamps = new Stamps(options.clock)
    this.format = new ValueFormat({ ...options, maxStoredBytes: options.maxBytes })
    this.signatures = options.signing === undefined ? undefined : new Signatures(options.signing)
    const page = new PageFile(layout.shared, connection, options.readonly)
    this.coherence = new Coherence(connection, page, options.readonly)
    this.transactions = new Transactions(
      connection,
      new WriteLock(connection, options.busyTimeout),
      this.coherence,
      this.files,
      this.tally,
      options.readonly,
    )
    const emit = options.onEvent === undefined ? undefined : this.emit
    const noteUse = policy.countsReads && !options.readonly
    this.hot = makeHot(this, hotSet, noteUse)
    const books = { policy, touch: this.transactions.touch, writeUses: this.#writeUses }
    this.removal = new Removal(connection, emit, { ...options, ...books })
    this.trash = new Trash(
      connection,
      this.transactions,
      this.files,
      options.unlinkDelay,
      options.maxBytes / 8,
    )
    this.reserve = new Reserve(layout.shared)
    this.leases = new Leases(connection, this.transactions, options.clock, {
      folder: layout.shared,
      session: this.#session?.id ?? '',
      ttl: options.leaseTtl,
    })
    this.writer = new Writer(this)
    this.rows = new EntryRows({ ...this, removeForged: this.#removeForged })
    this.reader = new Reader({
      ...this,
      verify: options.verify,
      throwsAtDamage: options.encryption?.onFailure === 'throw',
      noteUse: noteUse ? this.#noteUse : undefined,
      repair: this.#repair,
    })
    this.maintenance = new Maintenance(this)
    this.transactions.afterCommit = this.maintenance.afterCommit
    this.#begin()
  }

  readonly now: () => number = () => this.options.clock.now()

  /** Tells the user's listener. Its errors are its own. */
  readonly emit: (event: StoreEvent) => void = (event) => {
    this.#snapshots.outside(() => {
      try {
        const answer: unknown = this.options.onEvent?.(event)
        if (isThenable(answer)) ignoreRejection(answer)
      } catch {
        // A listener must not break the call that it is told about.
      }
    })
  }

  /** What is known of the entry `id`. */
  info(id: number): EntryInfo | undefined {
    const row = this.connection.row(`SELECT ${infoColumns} FROM entries WHERE id = ?`, id)
    return row === undefined ? undefined : toInfo(row)
  }

  /** Runs several reads on one state of the store. */
  snapshot<T>(work: () => T): T {
    return this.#snapshots.run(this.connection, this.transactions.isOpen, () =>
      this.coherence.whileFixed(work),
    )
  }

  /** Removes every entry and gives the room back. @returns how many were live. */
  clear(): number {
    const live = this.writer.clear()
    if (!this.transactions.isOpen) this.maintenance.shrink()
    return live
  }

  /**
   * Runs `store` for a value that its caller gets in any case: that it cannot be kept is an event, not the end of the call.
   */
  async keepValue(key: StoredKey, store: () => Promise<void>): Promise<void> {
    try {
      await store()
    } catch (error) {
      this.drop(key, error)
    }
  }

  /** Tells of a computed value that could not be kept. @throws `error` if it is not about storage. */
  drop(key: StoredKey, error: unknown): void {
    if (!isHoldfastError(error, ...storageCodes)) throw error
    this.emit({
      type: 'drop',
      ...keyed(key.bytes, key.long),
      reason: error.code,
      detail: error,
    })
  }

  /** @throws HoldfastError `ERR_CLOSED`; `ERR_IO` for a store whose directory is gone. */
  checkOpen(): void {
    if (this.#closed) throw closedError(this.shape.what)
    if (this.#place.isLost) throw this.#place.lostError()
  }

  /** @throws HoldfastError `ERR_BUSY` while a transaction or a read of several entries is open. */
  checkClosable(): void {
    if (!this.transactions.isOpen && !this.#snapshots.isOpen) return
    throw new HoldfastError(
      'ERR_BUSY',
      'close: not inside transact, nor inside a listener during a call. Close the store afterwards.',
    )
  }

  get isClosed(): boolean {
    return this.#closed
  }

  close(): void {
    if (this.#closed) return
    for (const run of [...this.beforeClose]) run()
    this.#closed = true
    try {
      this.maintenance.close()
    } finally {
      this.hot?.clear()
      this.coherence.close()
      this.connection.close()
      this.#session?.close()
    }
  }

  /** Looks whether the database that is open still lies in the directory: writes to one that does not would be lost. */
  checkPlace(): void {
    if (!this.#place.isLostNow()) return
    this.hot?.clear()
    this.emit({ type: 'corrupt', reason: 'the directory was removed, or its database replaced' })
  }

  /** Looks whether the version page in use is still that of the store, and opens or makes another if not. */
  checkPage(): void {
    if (this.coherence.isDetached) this.#attachPage()
  }

  #begin(): void {
    if (this.#session === undefined) this.maintenance.start()
    else this.#recover(this.#session)
    this.#attachPage()
  }

  #attachPage(): void {
    this.coherence.attach((work) => this.transactions.write('open', work))
  }

  readonly #writeUses = (id: number, key: unknown, long: unknown): boolean => {
    const { connection, hot, uses } = this
    const isNoted = uses.writeOne(connection, id)
    const wasHot = hot?.uses.writeOne(connection, hot.set, [key, long]) ?? false
    return isNoted || wasHot
  }

  /** Reads that share a snapshot cannot write: what they found damaged is removed after it. */
  readonly #repair: ReaderParts['repair'] = (key, id, damaged, done) => {
    this.#snapshots.outside(() => {
      if (removeDamaged(this, key, id, damaged)) done()
    })
  }

  readonly #removeForged = (key: Uint8Array, id: number, signature: Uint8Array): void => {
    this.#snapshots.outside(() => removeForged(this, key, id, signature))
  }

  readonly #noteUse = (id: number): void => {
    this.uses.note(id, this.stamps.next())
    this.maintenance.noteUse()
  }

  /** Puts right what ended processes left. That this is not possible now must not keep the store from being read. */
  #recover(own: Session): void {
    this.reserve.hold()
    try {
      const others = recoverSessions(this.layout, this.connection, this.files, own.id)
      // Nobody else can be about to open a file, so there is nothing to wait for.
      if (others.length === 0) this.trash.empty(this.now())
    } catch (error) {
      this.emit({ type: 'drop', reason: 'recovery failed and will be tried again', detail: error })
    }
    this.maintenance.start()
  }
}
