import type { Bus, BusReceiver } from '../../src/contracts/bus.ts'
import type { History } from './history.ts'
import type { Machine } from './machine.ts'
import type { Weather } from './plan.ts'
import type { Random } from './random.ts'
import type { Scheduler } from './scheduler.ts'

interface Member {
  readonly machine: Machine
  readonly receiver: BusReceiver
}

/** Carries messages among machines: late, twice, in another order, or not at all. */
export class SimulatedBus {
  readonly #members = new Set<Member>()
  readonly #history: History
  readonly #scheduler: Scheduler
  readonly #weather: Weather
  readonly #random: Random

  constructor(history: History, scheduler: Scheduler, weather: Weather, random: Random) {
    this.#history = history
    this.#scheduler = scheduler
    this.#weather = weather
    this.#random = random
  }

  /** What one machine has of it. */
  linkOf(machine: Machine): Bus {
    return {
      kind: 'simulated',
      get isConnected() {
        return !machine.isBusCut
      },
      subscribe: (_, receiver) =>
        this.#call(machine, () => {
          const member = { machine, receiver }
          this.#members.add(member)
          return async () => {
            this.#members.delete(member)
          }
        }),
      publish: (_, text) => {
        this.#history.said(machine, text)
        return this.#call(machine, () => this.#publish(text))
      },
      close: async () => {},
    }
  }

  /** The machine hears again: what was said meanwhile is lost to it. */
  heal(machine: Machine): void {
    machine.isBusCut = false
    for (const member of this.#members) {
      if (member.machine !== machine || !machine.isAlive) continue
      this.#history.gap(machine)
      member.receiver.gap()
    }
  }

  leave(machine: Machine): void {
    for (const member of this.#members) if (member.machine === machine) this.#members.delete(member)
  }

  #call<T>(machine: Machine, work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#scheduler.after(this.#random.between(0, 2), () => {
        if (machine.isBusCut) {
          if (machine.isAlive) reject(new Error('bus: cut'))
          return
        }
        const result = work()
        if (machine.isAlive) resolve(result)
      })
    })
  }

  #publish(text: string): void {
    const { delay, dropMessage, longDelay, repeatMessage, slow } = this.#weather
    for (const member of this.#members) {
      const { machine } = member
      if (machine.isBusCut || this.#random.chance(dropMessage)) continue
      const times = this.#random.chance(repeatMessage) ? 2 : 1
      for (let time = 0; time < times; time += 1) {
        const ms = this.#random.between(0, this.#random.chance(slow) ? longDelay : delay)
        this.#scheduler.after(ms, () => {
          if (machine.isBusCut || !machine.isAlive || !this.#members.has(member)) return
          this.#history.told(machine, text)
          member.receiver.message(text)
        })
      }
    }
  }
}
