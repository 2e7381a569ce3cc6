import assert from 'node:assert/strict'
import type { Bus, BusReceiver } from '../contracts/bus.ts'
import { isHoldfastError } from '../contracts/errors.ts'
import type { SuiteCase } from './suite-case.ts'

/** A client of a bus that is tested, and how it ends. */
export interface OpenedBus {
  readonly bus: Bus
  /** Ends the client and what was opened for it. */
  close(): Promise<void>
}

/** For {@link busSuite}. */
export interface BusSuiteOptions {
  /** Opens a client for one case. All have the same bus, or are joined by one server. */
  readonly open: () => Promise<OpenedBus>
  /** Characters of the longest message that is tried. @default 100,000 */
  readonly longest?: number | undefined
  /** Cuts the connection of a client and lets it come back: then a gap must be told. @default there are no connections */
  readonly reconnect?: ((bus: Bus) => Promise<void>) | undefined
  /** How many milliseconds a message may take. @default 5,000 */
  readonly patience?: number | undefined
}

/**
 * What every bus must do, as tests for whatever runs yours: what is published arrives at all who subscribed to that channel, as it
 * is, once, and not before the call has returned; receivers do not disturb each other; what is closed says so.
 * @example
 * const bus = memoryBus()
 * const open = async () => ({ bus, close: async () => {} })
 * for (const { name, run } of busSuite({ open })) test(name, run)
 */
export function busSuite(options: BusSuiteOptions): readonly SuiteCase[] {
  const { reconnect } = options
  const checks: [string, (trial: BusTrial) => Promise<void>][] = [
    ['a message arrives at all who subscribed, also at who sent it', arrives],
    ['a message arrives after the call that sent it has returned', arrivesLater],
    ['a message of another channel does not arrive', staysInChannel],
    ['messages arrive as they are', arrivesWhole],
    ['many messages arrive once each', arriveOnce],
    ['a receiver that throws disturbs nobody', survivesThrow],
    ['who has ended his subscription gets nothing more', ends],
    ['a receiver may publish and subscribe while it is told', reenters],
    ['a client that is open is connected, one that is closed is not', says],
    ['every call after close rejects with ERR_CLOSED, and nothing arrives', closes],
  ]
  if (reconnect !== undefined)
    checks.push([
      'after a reconnection the gap is told, and messages arrive',
      (trial) => tellsGap(trial, reconnect),
    ])
  return checks.map(([name, check]) => ({ name, run: () => BusTrial.run(options, check) }))
}

const run = Math.random().toString(36).slice(2, 10)
let trials = 0

/** What a receiver got. */
class Received implements BusReceiver {
  readonly texts: string[] = []
  gaps = 0
  readonly #waiting = new Set<() => void>()
  readonly #patience: number

  constructor(patience: number) {
    this.#patience = patience
  }

  message(text: string): void {
    this.texts.push(text)
    this.#wake()
  }

  gap(): void {
    this.gaps += 1
    this.#wake()
  }

  /** Resolves when `isThere`, which is asked at each message. */
  async until(what: string, isThere: () => boolean): Promise<void> {
    if (isThere()) return
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!isThere()) return
        clearTimeout(timer)
        this.#waiting.delete(look)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(look)
        reject(new assert.AssertionError({ message: `not within ${this.#patience} ms: ${what}` }))
      }, this.#patience)
      this.#waiting.add(look)
    })
  }

  async has(...texts: string[]): Promise<void> {
    for (const text of texts) {
      const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
      await this.until(`the message ${JSON.stringify(shown)}`, () => this.texts.includes(text))
    }
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look()
  }
}

/** One case while it runs. */
class BusTrial {
  readonly bus: Bus
  readonly longest: number
  readonly #options: BusSuiteOptions
  readonly #clients: OpenedBus[]
  readonly #prefix: string

  private constructor(options: BusSuiteOptions, first: OpenedBus) {
    this.#options = options
    this.#clients = [first]
    this.bus = first.bus
    this.longest = options.longest ?? 100_000
    trials += 1
    this.#prefix = `suite-${run}-${trials}`
  }

  static async run(
    options: BusSuiteOptions,
    check: (trial: BusTrial) => Promise<void>,
  ): Promise<void> {
    const trial = new BusTrial(options, await options.open())
    try {
      await check(trial)
    } finally {
      await Promise.all(trial.#clients.map((client) => client.close()))
    }
  }

  async another(): Promise<Bus> {
    const client = await this.#options.open()
    this.#clients.push(client)
    return client.bus
  }

  channel(name: string = 'channel'): string {
    return `${this.#prefix}-${name}`
  }

  received(): Received {
    return new Received(this.#options.patience ?? 5_000)
  }

  /** A receiver that is subscribed. */
  async listen(bus: Bus = this.bus, channel: string = this.channel()): Promise<Received> {
    const received = this.received()
    await bus.subscribe(channel, received)
    return received
  }
}

async function arrives(trial: BusTrial): Promise<void> {
  const other = await trial.another()
  const all = [await trial.listen(), await trial.listen(), await trial.listen(other)]
  await trial.bus.publish(trial.channel(), 'from one')
  await other.publish(trial.channel(), 'from the other')
  for (const received of all) await received.has('from one', 'from the other')
}

async function arrivesLater(trial: BusTrial): Promise<void> {
  const received = await trial.listen()
  let isInside = true
  let wasInside = false
  await trial.bus.subscribe(trial.channel(), {
    message: () => {
      wasInside ||= isInside
    },
    gap: () => {},
  })
  const sending = trial.bus.publish(trial.channel(), 'a')
  isInside = false
  await sending
  await received.has('a')
  assert.equal(wasInside, false, 'a message arrives while it is being published')
}

async function staysInChannel(trial: BusTrial): Promise<void> {
  const received = await trial.listen()
  const others = ['other', 'channel2', 'CHANNEL', 'chann', '*']
  const otherwise = await Promise.all(
    others.map((name) => trial.listen(trial.bus, trial.channel(name))),
  )
  for (const name of others) await trial.bus.publish(trial.channel(name), `to ${name}`)
  await trial.bus.publish(trial.channel(), 'to this one')
  await received.has('to this one')
  for (const [index, one] of otherwise.entries()) await one.has(`to ${others[index]}`)
  await trial.bus.publish(trial.channel(), 'once more')
  await received.has('once more')
  assert.deepEqual(received.texts.toSorted(), ['once more', 'to this one'])
  for (const [index, one] of otherwise.entries())
    assert.deepEqual(one.texts, [`to ${others[index]}`])
}

async function arrivesWhole(trial: BusTrial): Promise<void> {
  const received = await trial.listen()
  const texts = [
    '{"v":1,"ids":["a","b"]}',
    '',
    ' ',
    'ü€😀\u{10ffff}\ufffd',
    'line\r\nline\n',
    'it\'s "quoted" \\ $1 %s',
    '\u0001\u001f\u007f',
    'x'.repeat(trial.longest),
  ]
  for (const text of texts) await trial.bus.publish(trial.channel(), text)
  await received.has(...texts)
}

async function arriveOnce(trial: BusTrial): Promise<void> {
  const received = await trial.listen()
  const texts = Array.from({ length: 1_000 }, (_, index) => `message ${index}`)
  await Promise.all(texts.map((text) => trial.bus.publish(trial.channel(), text)))
  await received.until('1,000 messages', () => received.texts.length >= texts.length)
  await trial.bus.publish(trial.channel(), 'the end')
  await received.has('the end')
  assert.deepEqual(received.texts.toSorted(), [...texts, 'the end'].toSorted())
}

async function survivesThrow(trial: BusTrial): Promise<void> {
  const throws = () => {
    throw new Error('a receiver that throws')
  }
  await trial.bus.subscribe(trial.channel(), { message: throws, gap: throws })
  const received = await trial.listen()
  for (const text of ['first', 'second']) await trial.bus.publish(trial.channel(), text)
  await received.has('first', 'second')
}

async function ends(trial: BusTrial): Promise<void> {
  const [ended, stays] = [trial.received(), await trial.listen()]
  const end = await trial.bus.subscribe(trial.channel(), ended)
  await trial.bus.publish(trial.channel(), 'before')
  await ended.has('before')
  await end()
  await end()
  await trial.bus.publish(trial.channel(), 'after')
  await stays.has('after')
  await trial.bus.publish(trial.channel(), 'long after')
  await stays.has('long after')
  assert.deepEqual(ended.texts, ['before'])
  const again = await trial.listen()
  await trial.bus.publish(trial.channel(), 'again')
  await again.has('again')
}

async function reenters(trial: BusTrial): Promise<void> {
  const received = await trial.listen(trial.bus, trial.channel('answers'))
  const inner = trial.received()
  let working: Promise<unknown> = Promise.resolve()
  await trial.bus.subscribe(trial.channel(), {
    message: (text) => {
      working = Promise.all([
        trial.bus.publish(trial.channel('answers'), `answer to ${text}`),
        trial.bus.subscribe(trial.channel('answers'), inner),
      ])
    },
    gap: () => {},
  })
  await trial.bus.publish(trial.channel(), 'question')
  await received.has('answer to question')
  await working
  await trial.bus.publish(trial.channel('answers'), 'more')
  await inner.has('more')
}

async function says({ bus }: BusTrial): Promise<void> {
  assert.match(bus.kind, /^[a-z][a-z0-9-]*$/)
  assert.equal(bus.isConnected, true)
  await bus.close()
  assert.equal(bus.isConnected, false)
  await bus.close()
}

async function closes(trial: BusTrial): Promise<void> {
  const { bus } = trial
  const received = await trial.listen()
  const sending = bus.publish(trial.channel(), 'before').catch(() => {})
  await bus.close()
  await sending
  const before = received.texts.length
  const isClosed = (error: unknown) => isHoldfastError(error, 'ERR_CLOSED')
  await assert.rejects(async () => await bus.publish(trial.channel(), 'after'), isClosed)
  await assert.rejects(async () => await bus.subscribe(trial.channel(), received), isClosed)
  await new Promise<void>((resolve) => setImmediate(resolve))
  assert.equal(received.texts.length, before, 'a message arrives after close')
}

async function tellsGap(trial: BusTrial, reconnect: (bus: Bus) => Promise<void>): Promise<void> {
  const received = [await trial.listen(), await trial.listen(trial.bus, trial.channel('other'))]
  await reconnect(trial.bus)
  for (const one of received) await one.until('the gap', () => one.gaps > 0)
  await trial.bus.publish(trial.channel(), 'afterwards')
  await received[0]?.has('afterwards')
}
