import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cacheEventNames } from '../../src/contracts/cache-events.ts'
import {
  cacheEmitter,
  isTraced,
  type TraceContext,
  trace,
  tracedOperations,
} from '../../src/observe/channels.ts'

/** What `channel` publishes while `run` runs. */
function messagesOf(channel: string, run: () => void): unknown[] {
  const messages: unknown[] = []
  const note = (message: unknown) => messages.push(message)
  subscribe(channel, note)
  run()
  unsubscribe(channel, note)
  return messages
}

describe('cacheEmitter', () => {
  it('publishes events on holdfast:<event>, with the id of the key in place of the key', () => {
    const events = cacheEmitter('users', (key) => `id of ${String(key)}`)
    const messages = messagesOf('holdfast:hit', () => {
      expect([events.has('hit'), events.has('miss')]).toEqual([true, false])
      events.emit('hit', { key: 'secret', tier: 'memory', stale: false })
      events.emit('miss', { key: 'secret', reason: 'deleted' })
    })
    expect(messages).toEqual([
      { cache: 'users', event: 'hit', tier: 'memory', stale: false, keyId: 'id of secret' },
    ])
    expect(events.has('hit')).toBe(false)
  })

  it('knows no key where there is none', () => {
    const events = cacheEmitter('users', () => 'id')
    const messages = messagesOf('holdfast:tagInvalidate', () => {
      events.emit('tagInvalidate', { tags: ['t'], hard: false, isRemote: false })
    })
    expect(messages).toEqual([
      { cache: 'users', event: 'tagInvalidate', tags: ['t'], hard: false, isRemote: false },
    ])
  })

  it('makes no id of a key that nobody asked for', () => {
    let ids = 0
    const events = cacheEmitter('users', () => {
      ids += 1
      return 'id'
    })
    const told: unknown[] = []
    events.on('miss', ({ key }) => told.push(key))
    events.emit('miss', { key: ['a', 1], reason: 'never-stored' })
    expect([told, ids]).toEqual([[['a', 1]], 0])
  })
})

describe('tracing', () => {
  it('tells the steps of an operation, and is off without subscribers', async () => {
    expect(tracedOperations.filter(isTraced)).toEqual([])
    const steps: unknown[] = []
    const step = (name: string) => (context: unknown) =>
      steps.push([name, { ...(context as object) }])
    const subscribers = {
      start: step('start'),
      end: step('end'),
      asyncStart: step('asyncStart'),
      asyncEnd: step('asyncEnd'),
      error: step('error'),
    }
    const channel = tracingChannel('holdfast:load')
    channel.subscribe(subscribers)
    expect([isTraced('load'), isTraced('get')]).toEqual([true, false])
    const context: TraceContext = { cache: 'users', operation: 'load', keyId: 'id' }
    expect(await trace('load', { ...context }, async () => 5)).toBe(5)
    const why = new Error('why')
    await expect(trace('load', { ...context }, () => Promise.reject(why))).rejects.toBe(why)
    channel.unsubscribe(subscribers)
    const [done, failed] = [
      { ...context, result: 5 },
      { ...context, error: why },
    ]
    expect(steps).toEqual([
      ['start', context],
      ['end', context],
      ['asyncStart', done],
      ['asyncEnd', done],
      ['start', context],
      ['end', context],
      ['error', failed],
      ['asyncStart', failed],
      ['asyncEnd', failed],
    ])
    expect(isTraced('load')).toBe(false)
  })

  it.each(['start', 'end', 'asyncStart', 'asyncEnd', 'error'])(
    'is on for who follows %s alone',
    (name) => {
      const channel = `tracing:holdfast:get:${name}`
      const note = () => {}
      subscribe(channel, note)
      expect(isTraced('get')).toBe(true)
      unsubscribe(channel, note)
      expect(isTraced('get')).toBe(false)
    },
  )
})

it('docs/observing.md has every event and every traced operation', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'observing.md'), 'utf8')
  const rows = (heading: string) => {
    const section = text.split(/^## /m).find((part) => part.startsWith(heading)) ?? ''
    return [...section.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]).sort()
  }
  expect(rows('Events')).toEqual([...cacheEventNames].sort())
  expect(rows('Tracing')).toEqual([...tracedOperations].sort())
})
