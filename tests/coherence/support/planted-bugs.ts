import { Coherence, type Ticket } from '../../../src/disk/coherence.ts'
import type { SqlValue } from '../../../src/disk/driver.ts'
import { HotReads } from '../../../src/disk/hot-reads.ts'
import type { ReadEntry } from '../../../src/disk/hot-values.ts'
import type { StoredKey } from '../../../src/disk/stored-key.ts'
import type { Parts } from './process.ts'
import { ScriptedConnection } from './scripted-connection.ts'
import { ScriptedPage } from './scripted-page.ts'

class NoFirstBump extends ScriptedPage {
  override bump(slot: number): number {
    return this.isWriting() ? this.version(slot) : super.bump(slot)
  }
}

class NoSecondBump extends ScriptedPage {
  override bump(slot: number): number {
    return this.isWriting() ? super.bump(slot) : this.version(slot)
  }
}

class NoEpoch extends ScriptedPage {
  override bumpEpoch(): void {}
}

class NoReaderSeesRetirement extends ScriptedPage {
  override isRetired(): boolean {
    return this.isWriting() && super.isRetired()
  }
}

class NoWriterSeesRetirement extends ScriptedPage {
  override isRetired(): boolean {
    return !this.isWriting() && super.isRetired()
  }
}

class NoFirstEpochForAll extends ScriptedPage {
  #hasClaimed = false

  override claim(token: number): void {
    this.#hasClaimed = true
    super.claim(token)
  }

  override bumpEpoch(): void {
    if (!this.#hasClaimed || !this.isWriting()) super.bumpEpoch()
  }
}

class NoSecondEpochForAll extends ScriptedPage {
  override bumpEpoch(): void {
    if (this.isWriting()) super.bumpEpoch()
  }
}

class ReleaseOfAnyone extends ScriptedPage {
  override release(): void {
    this.act('release', () => this.real.claim(0))
  }
}

class EarlyRelease extends ScriptedPage {
  #token = 0

  override bump(slot: number): number {
    if (!this.isWriting()) super.release(this.#token)
    return super.bump(slot)
  }

  override claim(token: number): void {
    this.#token = token
    super.claim(token)
  }

  override release(): void {}
}

class LateClaim extends ScriptedPage {
  #token = 0

  override bump(slot: number): number {
    const version = super.bump(slot)
    if (this.isWriting()) super.claim(this.#token)
    return version
  }

  override claim(token: number): void {
    this.#token = token
  }
}

class EpochAfterClaim extends ScriptedPage {
  override writer(): number {
    return this.isWriting() ? 0 : super.writer()
  }

  override claim(token: number): void {
    const writer = super.writer()
    super.claim(token)
    if (writer !== 0) this.bumpEpoch()
  }
}

class NoWriterCheck extends Coherence {
  override holds({ epoch, slot, version }: Ticket): boolean {
    return this.page.epoch() === epoch && this.page.version(slot) === version
  }
}

class WriterCheckFirst extends Coherence {
  override holds({ epoch, slot, version }: Ticket): boolean {
    const writer = this.page.writer()
    return this.page.epoch() === epoch && this.page.version(slot) === version && writer === 0
  }
}

class NoSecondVersion extends Coherence {
  override holds({ epoch }: Ticket): boolean {
    return this.page.epoch() === epoch && this.page.writer() === 0
  }
}

class NoSecondEpoch extends Coherence {
  override holds({ slot, version }: Ticket): boolean {
    return this.page.version(slot) === version && this.page.writer() === 0
  }
}

/** Keeps a row with what the page says after it was read. */
class LateTicket extends HotReads {
  override keep(ticket: Ticket, key: StoredKey, read: ReadEntry): void {
    super.keep(this.ticket(key) ?? ticket, key, read)
  }
}

class NotingPage extends ScriptedPage {
  readonly second: Map<number, number> = new Map()

  override bump(slot: number): number {
    const version = super.bump(slot)
    if (!this.isWriting()) this.second.set(slot, version)
    return version
  }
}

class NotingNoEpoch extends NotingPage {
  override bumpEpoch(): void {}
}

/** Believes that nobody came between its two bumps. */
class AlwaysSettled extends Coherence {
  override settled(slot: number): number | undefined {
    return this.page instanceof NotingPage ? this.page.second.get(slot) : super.settled(slot)
  }
}

class LateSettledEpoch extends Coherence {
  override get settledEpoch(): number {
    return this.page.epoch()
  }
}

class KeepsInnerRollback extends HotReads {
  override rolledBack(): void {}
}

class KeepsUncommitted extends Coherence {
  override ticket(key: Uint8Array): Ticket | undefined {
    const { isPaused } = this
    this.isPaused = false
    try {
      return super.ticket(key)
    } finally {
      this.isPaused = isPaused
    }
  }
}

class NeverRefreshed extends Coherence {
  override refresh(): void {}
}

/** Where the page cannot be mapped, looks for its token and takes it away without the lock. */
class ReleaseWithoutLock extends ScriptedConnection {
  override run(sql: string, ...parameters: SqlValue[]): number {
    if (this.writing === undefined && (sql === 'BEGIN IMMEDIATE' || sql === 'ROLLBACK')) return 1
    return super.run(sql, ...parameters)
  }
}

class KeepsWhatWasRemoved extends HotReads {
  override touched(): void {}
}

/** Parts that leave something out, or do two things in the wrong order. */
export const plantedBugs: Readonly<Record<string, Partial<Parts>>> = {
  noFirstBump: { Page: NoFirstBump },
  noSecondBump: { Page: NoSecondBump },
  noEpoch: { Page: NoEpoch },
  epochAfterClaim: { Page: EpochAfterClaim },
  claimAfterFirstBump: { Page: LateClaim },
  releaseBeforeSecondBump: { Page: EarlyRelease },
  releaseOfAnyone: { Page: ReleaseOfAnyone },
  releaseWithoutLock: { Connection: ReleaseWithoutLock },
  noWriterCheck: { Coherence: NoWriterCheck },
  writerCheckFirst: { Coherence: WriterCheckFirst },
  noSecondVersion: { Coherence: NoSecondVersion },
  noSecondEpoch: { Coherence: NoSecondEpoch },
  noReaderSeesRetirement: { Page: NoReaderSeesRetirement },
  noWriterSeesRetirement: { Page: NoWriterSeesRetirement },
  lateTicket: { HotReads: LateTicket },
  noFirstEpochForAll: { Page: NoFirstEpochForAll },
  noSecondEpochForAll: { Page: NoSecondEpochForAll },
  alwaysSettled: { Coherence: AlwaysSettled, Page: NotingPage },
  alwaysSettledNoEpoch: { Coherence: AlwaysSettled, Page: NotingNoEpoch },
  lateSettledEpoch: { Coherence: LateSettledEpoch },
  keepsInnerRollback: { HotReads: KeepsInnerRollback },
  keepsWhatWasRemoved: { HotReads: KeepsWhatWasRemoved },
  keepsUncommitted: { Coherence: KeepsUncommitted },
  neverRefreshed: { Coherence: NeverRefreshed },
}
