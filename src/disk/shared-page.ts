import { closeSync } from 'node:fs'
import { mapsAvailable } from '../util/memory-map.ts'
import type { Connection } from './connection.ts'
import type { OpenPage, PageFile } from './page-file.ts'
import { VersionFile } from './version-file.ts'
import { VersionPage, type WriterPage } from './version-page.ts'

/** Why hits must ask the database. */
export interface Fallback {
  readonly reason: string
  readonly detail: unknown
}

/** Stands in until the store's page is opened. */
const unattached = VersionPage.ofProcess()

/** The version page of a store as one process has it: mapped, as a file to write to, or not at all. */
export class SharedPage {
  readonly #connection: Connection
  readonly #readonly: boolean
  readonly #file: PageFile
  #words: VersionPage = unattached
  #isFallback = true
  /** What all processes see: {@link words}, or its file where it cannot be mapped; none where no process has a page. */
  #shared: WriterPage | undefined
  #inode: bigint | undefined
  #isTold = false

  constructor(connection: Connection, file: PageFile, readonly: boolean) {
    this.#connection = connection
    this.#readonly = readonly
    this.#file = file
  }

  /** The page that hits compare with: that of all processes, or one of this process's own. */
  get words(): VersionPage {
    return this.#words
  }

  /** Whether {@link words} are this process's own. */
  get isFallback(): boolean {
    return this.#isFallback
  }

  /** Whether the page that is in use is no longer the store's, or there is none: {@link attach} again. */
  get isDetached(): boolean {
    if (!mapsAvailable().available) return false
    return this.#isFallback || this.#words.isRetired() || this.#file.inode() !== this.#inode
  }

  /**
   * Opens the page of the store, or makes one.
   * @param write runs work as a write transaction.
   * @param changed is told when the words are others than before.
   * @returns why there is none to map, the first time.
   */
  attach(write: (work: () => void) => void, changed: () => void): Fallback | undefined {
    const { available, reason = 'there is no version page' } = mapsAvailable()
    try {
      const open = this.#openOrMake(available && !this.#readonly ? write : undefined)
      this.#use(open, changed)
      return this.#isFallback ? this.#once({ reason, detail: undefined }) : this.#forget()
    } catch (error) {
      this.#use(undefined, changed)
      return this.#once({ reason: 'the version page cannot be used', detail: error })
    }
  }

  /** The page to write to: that of the store as it is now, which cannot change while the caller holds the write lock. */
  current(): WriterPage | undefined {
    const shared = this.#shared
    if (shared !== undefined && !shared.isRetired()) return shared
    const open = this.#file.openAny()
    if (open === undefined) return shared
    this.close()
    this.#shared = this.#asFile(open)
    return this.#shared
  }

  /** What {@link current} gave last. */
  get shared(): WriterPage | undefined {
    return this.#shared
  }

  close(): void {
    if (this.#shared instanceof VersionFile) this.#shared.close()
    this.#shared = undefined
  }

  #openOrMake(write: ((work: () => void) => void) | undefined): OpenPage | undefined {
    let open = this.#file.open()
    if (open !== undefined || write === undefined) return open
    write(() => {
      // Whoever had the lock before may have made it.
      open = this.#file.open()
      if (open === undefined) this.#file.create()
    })
    return open ?? this.#file.open()
  }

  #use(open: OpenPage | undefined, changed: () => void): void {
    // Looked for in vain once more: what is kept stays true.
    if (open === undefined && this.#isFallback && this.#words !== unattached) return
    this.close()
    const mapped = open === undefined ? undefined : this.#map(open)
    this.#inode = open?.inode
    this.#isFallback = mapped === undefined
    this.#words = mapped ?? VersionPage.ofProcess()
    if (open !== undefined) {
      if (mapped !== undefined || this.#readonly) closeSync(open.descriptor)
      if (!this.#readonly) this.#shared = mapped ?? this.#asFile(open)
    }
    changed()
  }

  #map(open: OpenPage): VersionPage | undefined {
    try {
      return this.#file.map(open)
    } catch (error) {
      closeSync(open.descriptor)
      throw error
    }
  }

  /** Told once, not every time that another page is looked for. */
  #once(fallback: Fallback): Fallback | undefined {
    const isNew = !this.#isTold
    this.#isTold = true
    return isNew ? fallback : undefined
  }

  #forget(): undefined {
    this.#isTold = false
  }

  #asFile({ descriptor }: OpenPage): VersionFile {
    return new VersionFile(descriptor, (work) => whileLocked(this.#connection, work))
  }
}

/** Runs `work` while nobody writes, or not at all: somebody who writes has found our token, or will. */
function whileLocked(connection: Connection, work: () => void): void {
  try {
    connection.prepare('BEGIN IMMEDIATE').run()
  } catch {
    return
  }
  try {
    work()
  } finally {
    connection.prepare('ROLLBACK').run()
  }
}
