import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { torture } from './torture.ts'

/** No report takes longer, in milliseconds: a worker that is stuck fails its test with a reason. */
const deadline = torture(60_000, 600_000)

const programs = join(import.meta.dirname, '..', 'stress', 'workers')

type Message = { readonly type: string; readonly data: unknown }
type Waiter = { readonly type: string; resolve(data: unknown): void; reject(error: Error): void }

/** A real process that runs one of the programs in `tests/stress/workers`, and what it reported so far. */
export class Worker {
  readonly pid: number
  /** Settles once the process has ended and been reaped. */
  readonly exited: Promise<void>
  readonly #child: ChildProcess
  readonly #unread: Message[] = []
  readonly #waiters: Waiter[] = []
  #errors = ''
  #ended = false

  constructor(program: string, options: object) {
    // No execArgv: the test runner's own loader flags are none of the worker's business.
    this.#child = fork(join(programs, program), [JSON.stringify(options)], {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    })
    this.pid = this.#child.pid ?? 0
    this.#child.on('message', (message) => this.#receive(message as Message))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    this.exited = new Promise((resolve) => {
      this.#child.once('close', () => {
        this.#ended = true
        for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#endedBefore(waiter.type))
        resolve()
      })
    })
    onTestFinished(() => this.kill())
  }

  /** What the worker wrote to its standard error. */
  get errors(): string {
    return this.#errors
  }

  /** Waits for the next report of that type. Rejects when the process ends without one. */
  next<T>(type: string): Promise<T> {
    const index = this.#unread.findIndex((message) => message.type === type)
    if (index >= 0) return Promise.resolve(this.#unread.splice(index, 1)[0]?.data as T)
    if (this.#ended) return Promise.reject(this.#endedBefore(type))
    return new Promise((resolve, reject) => {
      const waiter = { type, resolve: (data: unknown) => resolve(data as T), reject }
      this.#waiters.push(waiter)
      setTimeout(() => this.#giveUp(waiter), deadline).unref()
    })
  }

  /** Sends an order; see `orders` in `workers/protocol.mjs`. */
  send(type: string, data?: unknown): void {
    this.#child.send({ type, data })
  }

  /** Sends an order and waits for the report of the same name. */
  ask<T>(type: string, data?: unknown): Promise<T> {
    const answer = this.next<T>(type)
    this.send(type, data)
    return answer
  }

  /** Tells the worker to stop by itself, and waits for it. */
  async finish(): Promise<void> {
    this.send('finish')
    await this.exited
  }

  /** `kill -9`: no handler of the process runs, nothing is flushed. Waits until the process is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exited
  }

  /** Sends a signal, unless the process has already ended (its number might belong to another by now). */
  signal(signal: NodeJS.Signals): void {
    if (!this.#ended) this.#child.kill(signal)
  }

  #receive(message: Message): void {
    const index = this.#waiters.findIndex((waiter) => waiter.type === message.type)
    if (index < 0) this.#unread.push(message)
    else this.#waiters.splice(index, 1)[0]?.resolve(message.data)
  }

  #giveUp(waiter: Waiter): void {
    const index = this.#waiters.indexOf(waiter)
    if (index < 0) return
    this.#waiters.splice(index, 1)
    waiter.reject(
      new Error(`no '${waiter.type}' from the worker within ${deadline} ms. ${this.#errors}`),
    )
  }

  #endedBefore(type: string): Error {
    return new Error(`the worker ended before it reported '${type}'. ${this.#errors}`)
  }
}
