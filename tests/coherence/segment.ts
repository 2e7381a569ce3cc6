import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ClientProcess } from './client-process.ts'
import type { HistoryObject, ProcessRole } from './fleet.ts'
import type { MutantOptions } from './mutants.mjs'
import type { ClientLog } from './round-log.ts'

/** Nanoseconds in which a new process would do next to nothing: it becomes ready while the round is checked. */
const notWorthIt = 300e6

export interface SegmentOptions {
  /** Of the store. */
  readonly directory: string
  readonly logs: string
  readonly library: string
  readonly fleet: readonly ProcessRole[]
  readonly objects: readonly HistoryObject[]
  readonly shards: number
  readonly seed: number
  readonly random: () => number
  /** Gives each client a number of its own. */
  readonly nextClient: () => number
  readonly origin: bigint
  readonly kills: number
  readonly mutant: string | undefined
  readonly mutantOptions: MutantOptions | undefined
}

/** What a round left behind. */
export interface RoundTrace {
  readonly logs: readonly ClientLog[]
  readonly kills: number
  /** What processes said that ended by themselves. */
  readonly failures: readonly string[]
}

/** The processes on one store. Those that are killed are replaced. */
export class Segment {
  /** Role and number of every client that there was. */
  readonly names: Map<number, string> = new Map([[0, 'the observer']])
  readonly #options: SegmentOptions
  readonly #processes: ClientProcess[]
  #kills = 0

  private constructor(options: SegmentOptions) {
    this.#options = options
    this.#processes = options.fleet.map((role) => this.#start(role))
  }

  /** Starts a process for each role of the fleet, all at once. */
  static async open(options: SegmentOptions): Promise<Segment> {
    const segment = new Segment(options)
    await Promise.allSettled(segment.#processes.map(({ ready }) => ready))
    return segment
  }

  /** Lets all clients run for `duration` milliseconds, and kills some. Nobody runs when it returns. */
  async round(number: number, duration: number): Promise<RoundTrace> {
    const folder = join(this.#options.logs, `round-${number}`)
    rmSync(join(this.#options.logs, `round-${number - 2}`), { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const logs: ClientLog[] = []
    const before = this.#kills
    const deadline = this.now() + duration * 1e6
    const places = this.#processes.map((_, place) => this.#occupy(place, deadline, folder, logs))
    const [failures] = await Promise.all([Promise.all(places), this.#killSome(deadline)])
    return {
      logs,
      kills: this.#kills - before,
      failures: failures.filter((failure) => failure !== undefined),
    }
  }

  /** Ends all processes as programs that are done do. @returns what went wrong. */
  async finish(): Promise<string[]> {
    await Promise.all(this.#processes.map((process) => process.finish()))
    return this.#processes.flatMap(({ failure }) => failure ?? [])
  }

  /** Ends all processes, whatever they do. */
  async kill(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.kill()))
  }

  /** Nanoseconds on the clock of the logs. */
  now(): number {
    return Number(process.hrtime.bigint() - this.#options.origin)
  }

  /** Keeps a process at `place` until the deadline. @returns what one said that failed. */
  async #occupy(
    place: number,
    deadline: number,
    folder: string,
    logs: ClientLog[],
  ): Promise<string | undefined> {
    for (;;) {
      const process = this.#processes[place] as ClientProcess
      await process.ready.catch(() => {})
      const own = process.clients.map(({ number }) => newLog(number, folder))
      logs.push(...own)
      if (!process.isEnded) await process.run({ logs: own.map(({ path }) => path), deadline })
      if (!process.isEnded) return undefined
      for (const log of own) Object.assign(log, { gone: this.now(), wallGone: Date.now() })
      if (process.failure !== undefined) return process.failure
      this.#kills += 1
      this.#processes[place] = this.#start(this.#options.fleet[place] as ProcessRole)
      if (this.now() > deadline - notWorthIt) return undefined
    }
  }

  /** At moments that nobody can foresee: what is found here is what users find. */
  async #killSome(deadline: number): Promise<void> {
    const { kills, random } = this.#options
    for (let left = Math.floor(kills + random()); left > 0; left -= 1) {
      const rest = (deadline - this.now()) / 1e6
      if (rest <= 0) return
      await delay((rest / left) * 2 * random())
      if (this.now() < deadline)
        void this.#processes[Math.floor(random() * this.#processes.length)]?.kill()
    }
  }

  #start(role: ProcessRole): ClientProcess {
    const { directory, library, objects, shards, seed, origin, mutant, mutantOptions } =
      this.#options
    const roles = role.thread === undefined ? [role.client] : [role.client, role.thread]
    const clients = roles.map(({ store, mix }, index) => {
      const number = this.#options.nextClient()
      this.names.set(number, `client ${number} (${role.name}${index === 0 ? '' : ', thread'})`)
      const planted = { mutant, mutantOptions }
      const common = { directory, library, objects, shards, seed, origin: String(origin) }
      return { ...common, ...planted, number, store, mix }
    })
    return new ClientProcess(role.name, clients, { unmapped: role.unmapped === true })
  }
}

function newLog(client: number, folder: string): ClientLog {
  return { client, path: join(folder, `client-${client}.log`), gone: undefined, wallGone: 0 }
}
