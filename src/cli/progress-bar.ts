import type { WriteStream } from 'node:tty'
import { formatCount } from './format.ts'
import { paintFor } from './paint.ts'

type Output = Pick<WriteStream, 'isTTY' | 'columns' | 'write'>

const redrawMs = 50
// The first one; each further line takes twice as long to come, so that a long run does not fill a log.
const plainLineMs = 2_000
const barWidth = 28

/** Shows how far a count has come: a live bar on a terminal, now and then a plain line elsewhere. */
export class ProgressBar {
  readonly #output: Output
  readonly #label: string
  readonly #total: number
  readonly #started = performance.now()
  #done = 0
  #nextDraw: number
  #pauseMs: number

  constructor(output: Output, label: string, total: number) {
    this.#output = output
    this.#label = label
    this.#total = total
    this.#pauseMs = output.isTTY ? redrawMs : plainLineMs
    this.#nextDraw = this.#started + (output.isTTY ? 0 : plainLineMs)
  }

  /** Counts one more. Cheap: draws only when it is time to. */
  advance(): void {
    this.#done += 1
    const now = performance.now()
    if (now < this.#nextDraw) return
    if (this.#output.isTTY) {
      this.#output.write(`\r${this.#bar(now)}\u001b[K`)
    } else {
      this.#output.write(`${this.#label}: ${this.#counts()}\n`)
      this.#pauseMs *= 2
    }
    this.#nextDraw = now + this.#pauseMs
  }

  /** Replaces the bar by one last line. */
  finish(summary: string): void {
    if (this.#output.isTTY) this.#output.write('\r\u001b[K')
    this.#output.write(`${this.#label}: ${summary}\n`)
  }

  #bar(now: number): string {
    const share = this.#total === 0 ? 1 : this.#done / this.#total
    const filled = Math.round(share * barWidth)
    const paint = paintFor(this.#output)
    const bar = paint.green('█'.repeat(filled)) + paint.dim('░'.repeat(barWidth - filled))
    const left = ((now - this.#started) / this.#done) * (this.#total - this.#done)
    const text = `${this.#counts()}, ${Math.ceil(left / 1_000)} s left`
    // A line that wraps could not be drawn over.
    const room = (this.#output.columns ?? 80) - this.#label.length - barWidth - 3
    return `${this.#label} ${bar} ${text.slice(0, Math.max(0, room))}`
  }

  #counts(): string {
    const percent = Math.floor((this.#done / Math.max(1, this.#total)) * 100)
    return `${percent} %, ${formatCount(this.#done)} of ${formatCount(this.#total)}`
  }
}
