import { VersionPage } from '../../../src/disk/version-page.ts'
import type { Run } from './run.ts'

/** The mapped page, of which each method, and each look at a word, is a step. */
export class ScriptedPage extends VersionPage {
  protected readonly run: Run
  protected readonly real: VersionPage
  /** Whether this process is between the beginning and the end of a transaction. */
  protected readonly isWriting: () => boolean

  readonly #canRetire: boolean

  /** @param number which of the world's pages. */
  constructor(run: Run, number: number, isWriting: () => boolean, canRetire: boolean) {
    const real = run.world.pages[number] as VersionPage
    super(stepwise(real.words, run))
    this.run = run
    this.real = real
    this.isWriting = isWriting
    this.#canRetire = canRetire
  }

  override epoch(): number {
    return this.run.step('epoch', () => this.real.epoch())
  }

  override version(slot: number): number {
    return this.run.step('version', () => this.real.version(slot))
  }

  override writer(): number {
    return this.run.step('writer', () => this.real.writer())
  }

  /** No step where it never changes. */
  override isRetired(): boolean {
    if (!this.#canRetire) return this.real.isRetired()
    return this.run.step('isRetired', () => Number(this.real.isRetired())) !== 0
  }

  override bump(slot: number): number {
    return this.run.step('bump', () => this.real.bump(slot))
  }

  override bumpEpoch(): void {
    this.act('bumpEpoch', () => this.real.bumpEpoch())
  }

  override claim(token: number): void {
    this.act('claim', () => this.real.claim(token))
  }

  override release(token: number): void {
    this.act('release', () => this.real.release(token))
  }

  protected act(label: string, perform: () => void): void {
    this.run.step(label, () => {
      perform()
      return 0
    })
  }
}

/** Words of which each look at one is a step: hits compare them without a call. */
function stepwise(words: Int32Array, run: Run): Int32Array {
  return new Proxy(words, {
    get(target, name) {
      const place = Number(name)
      return run.step(`word ${place}`, () => target[place] as number)
    },
  })
}
