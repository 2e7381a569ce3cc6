import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CliError } from './cli-error.ts'
import type { Pass } from './demo-pass.ts'
import type { WalkOptions } from './demo-walk.ts'

/** What the second process is told. */
export interface WorkerOptions {
  readonly root: string
  readonly cacheDirectory: string
  readonly walk: WalkOptions
}

/** What the second process says. */
export type WorkerMessage = { readonly ready: true } | { readonly pass: Pass }

/** A second process on the same cache. */
export class SecondProcess implements Disposable {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Starts it and waits until it has listed the folder and opened the cache. @throws CliError */
  static async start(options: WorkerOptions): Promise<SecondProcess> {
    const program = fileURLToPath(new URL('./demo-worker.js', import.meta.url))
    const child = fork(program, [JSON.stringify(options)], { execArgv: [] })
    await nextMessage(child)
    return new SecondProcess(child)
  }

  /** Lets it begin; `pass` settles with what it measured. */
  async begin(): Promise<{ readonly pass: Promise<Pass> }> {
    const pass = nextMessage(this.#child).then((message) => {
      if ('pass' in message) return message.pass
      throw new CliError('the second process answered out of turn')
    })
    await new Promise<void>((resolve, reject) => {
      this.#child.send('begin', (error) => (error ? reject(error) : resolve()))
    })
    return { pass }
  }

  [Symbol.dispose](): void {
    this.#child.kill()
  }
}

function nextMessage(child: ChildProcess): Promise<WorkerMessage> {
  return new Promise((resolve, reject) => {
    // Not 'exit': that may come before the last message has been read.
    const fail = (): void => reject(new CliError('the second process ended early'))
    child.once('disconnect', fail)
    child.once('error', reject)
    child.once('message', (message) => {
      child.off('disconnect', fail)
      child.off('error', reject)
      resolve(message as WorkerMessage)
    })
  })
}
