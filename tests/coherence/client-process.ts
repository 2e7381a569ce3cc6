import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

const program = join(import.meta.dirname, 'workers', 'client-process.mjs')
const withoutMaps = join(import.meta.dirname, '..', 'util', 'programs', 'koffi-missing.cjs')

/** What one client of a process is given; see `workers/client.mjs`. */
export interface ClientOptions {
  readonly number: number
}

/** What a process is told to do in a round. */
export interface RoundOrder {
  /** A log for each of its clients. */
  readonly logs: readonly string[]
  readonly deadline: number
}

/** A real process with one client or two. */
export class ClientProcess {
  readonly name: string
  readonly clients: readonly ClientOptions[]
  /** Settles once it can take orders; rejects when it ends before. */
  readonly ready: Promise<void>
  /** Settles once the process has ended and been reaped. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #errors = ''
  #isEnded = false
  #wasKilled = false
  #isFinishing = false

  constructor(
    name: string,
    clients: readonly ClientOptions[],
    { unmapped = false }: { readonly unmapped?: boolean } = {},
  ) {
    this.name = name
    this.clients = clients
    this.#child = fork(program, [JSON.stringify({ clients })], {
      execArgv: unmapped ? ['--require', withoutMaps] : [],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (_code, signal) => {
        this.#isEnded = true
        this.#wasKilled ||= signal === 'SIGKILL'
        resolve()
      })
    })
    this.ready = this.#message('ready')
    // Whoever kills it need not wait for it to become ready.
    this.ready.catch(() => {})
  }

  /** Whether it ended by a kill, its own or anybody's. */
  get wasKilled(): boolean {
    return this.#wasKilled
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** What it said when it failed; `undefined` if it did not, or was killed. */
  get failure(): string | undefined {
    if (!this.#isEnded || this.#wasKilled) return undefined
    if (this.#isFinishing && this.#errors === '') return undefined
    return `process '${this.name}' (${this.clientNames}) failed: ${this.#errors.trim()}`
  }

  get clientNames(): string {
    return this.clients.map(({ number }) => `client ${number}`).join(', ')
  }

  /** Runs one round. @returns when it is done, or the process has ended. */
  async run(order: RoundOrder): Promise<void> {
    const done = this.#message('done').catch(() => {})
    this.#child.send({ type: 'round', ...order }, () => {})
    await done
  }

  /** `kill -9`. Waits until the process is gone. */
  async kill(): Promise<void> {
    if (!this.#isEnded) {
      this.#wasKilled = true
      this.#child.kill('SIGKILL')
    }
    await this.ended
  }

  /** Lets it close its store and end. */
  async finish(): Promise<void> {
    this.#isFinishing = true
    if (!this.#isEnded) this.#child.send({ type: 'finish' }, () => {})
    await this.ended
  }

  /** Waits for a message; rejects when the process ends without. */
  #message(type: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const receive = (message: unknown) => {
        if ((message as { type: string }).type !== type) return
        this.#child.off('message', receive)
        resolve()
      }
      this.#child.on('message', receive)
      void this.ended.then(() =>
        reject(new Error(`the process ended before it said '${type}': ${this.#errors}`)),
      )
    })
  }
}
