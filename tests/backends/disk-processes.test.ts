import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { transpiled } from '../support/transpiled.ts'
import { openDiskBackend } from './programs/disk-node.ts'

const call = { signal: new AbortController().signal }
const record = (text: string) => ({ bytes: Buffer.from(text), expiresAt: Infinity })
const textOf = (found: { bytes: Uint8Array } | undefined) =>
  Buffer.from(found?.bytes ?? []).toString()

let module: string
beforeAll(async () => {
  module = await transpiled('tests/backends/programs/disk-node.ts')
})

/** Another process with a backend of the store in `directory`. */
class Client {
  readonly #child: ChildProcess
  readonly #answers: [string, unknown][] = []
  #wake: () => void = () => {}

  constructor(directory: string) {
    const program = join(import.meta.dirname, 'programs', 'disk-client.mjs')
    this.#child = fork(program, [module, JSON.stringify({ directory })], { execArgv: [] })
    this.#child.on('message', (answer) => {
      this.#answers.push(answer as [string, unknown])
      this.#wake()
    })
    onTestFinished(() => this.kill())
  }

  /** The next answer of that name. */
  async next<T>(name: string): Promise<T> {
    for (;;) {
      const index = this.#answers.findIndex(([answered]) => answered === name)
      if (index >= 0) return this.#answers.splice(index, 1)[0]?.[1] as T
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  send(...order: readonly unknown[]): void {
    this.#child.send(order)
  }

  async ask<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    this.send(name, ...args)
    return await this.next<T>(name)
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

async function start() {
  const directory = temporaryDirectory()
  const { backend, store } = openDiskBackend(directory)
  onTestFinished(() => backend.close())
  const client = new Client(directory)
  await client.next('ready')
  return { directory, backend, store, client }
}

describe('a disk backend of two processes', () => {
  it('shows each what the other one wrote', async () => {
    const { backend, client } = await start()
    for (let round = 0; round < 20; round += 1) {
      await backend.set('a', record(`here ${round}`), call)
      expect(await client.ask('get', 'a')).toBe(`here ${round}`)
      await client.ask('set', 'a', `there ${round}`)
      expect(textOf(await backend.get('a', call))).toBe(`there ${round}`)
      expect(await client.ask('delete', 'a')).toBe(true)
      expect(await backend.get('a', call)).toBeUndefined()
    }
  })

  it('adds a record once', async () => {
    const { backend, client } = await start()
    client.send('addAll', 300, 'there')
    const mine: number[] = []
    for (let index = 299; index >= 0; index -= 1)
      if (await backend.add(`add ${index}`, record('here'), call)) mine.push(index)
    const others = await client.next<number[]>('addAll')
    expect(mine.length + others.length).toBe(300)
    expect(new Set([...mine, ...others]).size).toBe(300)
    for (const index of mine) expect(textOf(await backend.get(`add ${index}`, call))).toBe('here')
  })

  it('excludes the other by a lease, which ends with its process', async () => {
    const { backend, client } = await start()
    expect(typeof (await client.ask('acquire', 'lease'))).toBe('string')
    expect(await backend.leases?.acquire('lease', 60_000, call)).toBeUndefined()
    await client.kill()
    expect(typeof (await backend.leases?.acquire('lease', 60_000, call))).toBe('string')
  })

  it('blocks nobody while the other one writes', async () => {
    const { backend, client } = await start()
    client.send('hold', 400)
    await client.next('holding')
    let turns = 0
    let isDone = false
    const writing = Promise.all([
      backend.set('a', record('a'), call),
      backend.add('b', record('b'), call),
      backend.delete('c', call),
      backend.deleteMany?.(['d'], call),
      backend.leases?.acquire('lease', 60_000, call),
    ]).then(() => {
      isDone = true
    })
    while (!isDone) {
      turns += 1
      await new Promise<void>((resolve) => setTimeout(resolve, 5))
    }
    await writing
    await client.next('hold')
    // A blocked event loop would have had hardly one.
    expect(turns).toBeGreaterThan(5)
    expect(textOf(await backend.get('b', call))).toBe('b')
  })

  it('has every acknowledged write of one that was killed, whole, and goes on', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { directory, backend, store, client } = await start()
      client.send('write')
      let acknowledged = 0
      while (acknowledged < 20 + round * 7) acknowledged = await client.next<number>('written')
      await client.kill()
      const keys = Array.from({ length: 10 }, (_, index) => `key ${index}`)
      const found = await backend.getMany(keys, call)
      const numbers = found.map((one) => Number(textOf(one).split(':')[0]))
      expect(Math.min(...numbers)).toBeGreaterThanOrEqual(acknowledged)
      // One transaction: all of a group or none.
      expect(new Set(numbers).size).toBe(1)
      for (const [index, one] of found.entries())
        expect(textOf(one)).toBe(`${numbers[0]}:`.padEnd(index * 8_000 + 20, '.'))
      await backend.set('key 0', record('after'), call)
      const again = new Client(directory)
      await again.next('ready')
      expect(await again.ask('get', 'key 0')).toBe('after')
      expect(store.check().problems).toEqual([])
    }
  })
})
