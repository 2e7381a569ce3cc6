import { describe, expect, it } from 'vitest'
import { memoryBackend } from '../../src/backends/memory.ts'
import {
  backendSuite,
  type Fault,
  type FaultPlan,
  type FaultyVerb,
  faultyBackend,
  manualClock,
  type PlannedFault,
} from '../../src/testing/index.ts'
import { rejectionOf } from '../support/code-of.ts'
import { seededRandom } from '../support/seeded-random.mjs'

const call = { signal: new AbortController().signal }
const record = (text: string) => ({ bytes: Buffer.from(text), expiresAt: Infinity })

function open(plan: Omit<FaultPlan, 'clock'> = {}) {
  const clock = manualClock()
  const inner = memoryBackend({ clock })
  const backend = faultyBackend(inner, { random: seededRandom(1), ...plan, clock })
  const text = async (key: string, from = inner) => {
    const found = await from.get(key, call)
    return found && Buffer.from(found.bytes).toString()
  }
  return { clock, inner, backend, text }
}

/** What became of a promise so far. */
function watched<T>(promise: Promise<T>) {
  const state: { is: 'pending' | 'done' | 'rejected'; error?: unknown } = { is: 'pending' }
  promise.then(
    () => Object.assign(state, { is: 'done' }),
    (error: unknown) => Object.assign(state, { is: 'rejected', error }),
  )
  return state
}

describe('a faulty backend without faults', () => {
  const clock = manualClock()
  const open = async () => {
    const backend = faultyBackend(memoryBackend({ clock }), { clock })
    return { backend, close: () => backend.close() }
  }
  for (const { name, run } of backendSuite({ open, clock, lacks: ['sharing'] })) it(name, run)

  it('lacks what the other one lacks', () => {
    const { get, getMany, set, add, delete: remove, close } = memoryBackend()
    const inner = {
      kind: 'small',
      isRemote: true,
      isShared: true,
      get,
      getMany,
      set,
      add,
      delete: remove,
      close,
    }
    const backend = faultyBackend(inner)
    expect(backend).toMatchObject({ kind: 'small', isRemote: true, isShared: true })
    for (const name of ['setMany', 'deleteMany', 'clear', 'now', 'sizeOf', 'leases'] as const)
      expect(backend[name], name).toBeUndefined()
  })
})

describe('a planned fault', () => {
  const planned = (fault: Fault, more: Partial<PlannedFault> = {}) => ({
    faults: [{ fault, ...more }],
  })

  it('fail: rejects and does nothing, with an error of ours or the given one', async () => {
    const { backend, inner, text } = open(planned({ kind: 'fail' }, { verb: 'set', nth: 2 }))
    await backend.set('a', record('1'), call)
    expect((await rejectionOf(() => backend.set('a', record('2'), call))).code).toBe('ERR_IO')
    expect(await text('a')).toBe('1')
    await backend.set('a', record('3'), call)
    expect(await text('a')).toBe('3')
    const error = new Error('given')
    const other = faultyBackend(inner, planned({ kind: 'fail', error }))
    await expect(other.get('a', call)).rejects.toBe(error)
  })

  it('hang: until it is aborted', async () => {
    const { backend, clock, text } = open(planned({ kind: 'hang' }, { verb: 'set' }))
    const controller = new AbortController()
    const reason = new Error('enough')
    const setting = watched(backend.set('a', record('1'), { signal: controller.signal }))
    expect(await text('a')).toBeUndefined()
    expect(setting.is).toBe('pending')
    controller.abort(reason)
    await clock.advance(0)
    expect(setting).toEqual({ is: 'rejected', error: reason })
    await expect(backend.set('a', record('1'), { signal: controller.signal })).rejects.toBe(reason)
    backend.release()
    expect(await text('a')).toBeUndefined()
  })

  it('hang: until it is released, and is done then', async () => {
    const { backend, text } = open(planned({ kind: 'hang' }, { verb: 'set' }))
    const setting = backend.set('a', record('1'), call)
    backend.release()
    await setting
    expect(await text('a')).toBe('1')
  })

  it('delay: is done after a time of the clock', async () => {
    const { backend, clock, text } = open(planned({ kind: 'delay', ms: 100 }, { verb: 'set' }))
    const setting = watched(backend.set('a', record('1'), call))
    await clock.advance(99)
    expect([setting.is, await text('a')]).toEqual(['pending', undefined])
    await clock.advance(1)
    expect([setting.is, await text('a')]).toEqual(['done', '1'])
  })

  it('drop: says that it was done', async () => {
    const { backend, inner, text } = open(planned({ kind: 'drop' }))
    await inner.set('a', record('1'), call)
    await backend.set('a', record('2'), call)
    expect(await backend.add('b', record('2'), call)).toBe(true)
    expect(await backend.delete('a', call)).toBe(true)
    expect(await backend.deleteMany?.(['a', 'b'], call)).toBe(2)
    expect(await backend.get('a', call)).toBeUndefined()
    expect(await backend.getMany(['a', 'b'], call)).toEqual([undefined, undefined])
    expect(await backend.leases?.renew('a', 'token', 1, call)).toBe(true)
    expect([await text('a'), await text('b')]).toEqual(['1', undefined])
  })

  it('lose: is done and rejects', async () => {
    const { backend, text } = open(planned({ kind: 'lose' }, { verb: 'set' }))
    expect((await rejectionOf(() => backend.set('a', record('1'), call))).code).toBe('ERR_IO')
    expect(await text('a')).toBe('1')
  })

  it('late: rejects, and lands over what was written since', async () => {
    const { backend, clock, text } = open(
      planned({ kind: 'late', ms: 50 }, { verb: 'set', nth: 1 }),
    )
    expect((await rejectionOf(() => backend.set('a', record('old'), call))).code).toBe('ERR_IO')
    await backend.set('a', record('new'), call)
    await clock.advance(49)
    expect(await text('a')).toBe('new')
    await clock.advance(1)
    await backend.settled()
    expect(await text('a')).toBe('old')
  })

  it('late: also after the caller gave up', async () => {
    const { backend, clock, text } = open(
      planned({ kind: 'late', ms: 50, answer: 'hang' }, { verb: 'set' }),
    )
    const controller = new AbortController()
    const setting = watched(backend.set('a', record('old'), { signal: controller.signal }))
    await clock.advance(10)
    expect(setting.is).toBe('pending')
    controller.abort()
    await clock.advance(40)
    expect([setting.is, await text('a')]).toEqual(['rejected', 'old'])
  })

  it('garble: changes a byte of what is read, and of what is written', async () => {
    const { backend, inner, text } = open(planned({ kind: 'garble' }, { key: 'a' }))
    await inner.set('a', record('abcdef'), call)
    const differences = (other: string | undefined) =>
      Array.from('abcdef').filter((character, index) => other?.[index] !== character).length
    expect(differences(await text('a', backend))).toBe(1)
    expect(await text('a')).toBe('abcdef')
    const [first] = await backend.getMany(['a', 'b'], call)
    expect(first?.bytes).not.toEqual(new Uint8Array(Buffer.from('abcdef')))
    await backend.set('a', record('abcdef'), call)
    expect(
      differences(Buffer.from((await inner.get('a', call))?.bytes ?? []).toString('latin1')),
    ).toBe(1)
    await backend.setMany?.([['b', record('untouched')]], call)
    expect(await text('b')).toBe('untouched')
  })

  it('is for a verb, a key, a number and a share of calls', async () => {
    const kinds = async (more: Partial<PlannedFault>) => {
      const { backend } = open(planned({ kind: 'fail' }, more))
      for (const key of ['a', 'b', 'a']) {
        await backend.set(key, record('1'), call).catch(() => {})
        await backend.getMany([key, 'c'], call).catch(() => {})
      }
      await backend.leases?.acquire('b', 1, call).catch(() => {})
      return backend.calls.map(({ state }) => (state === 'rejected' ? 'x' : '.')).join('')
    }
    expect(await kinds({})).toBe('xxxxxxx')
    expect(await kinds({ verb: 'set' })).toBe('x.x.x..')
    expect(await kinds({ key: 'b' })).toBe('..xx..x')
    expect(await kinds({ key: 'c' })).toBe('.x.x.x.')
    expect(await kinds({ verb: 'acquire' })).toBe('......x')
    expect(await kinds({ verb: 'getMany', nth: 2 })).toBe('...x...')
    expect(await kinds({ nth: 3 })).toBe('..x....')
    expect(await kinds({ chance: 0 })).toBe('.......')
  })

  it('of several the first one counts', async () => {
    const { backend } = open({
      faults: [{ verb: 'set', fault: { kind: 'drop' } }, { fault: { kind: 'fail' } }],
    })
    await backend.set('a', record('1'), call)
    backend.plan({ verb: 'get', fault: { kind: 'drop' } })
    await backend.get('a', call).catch(() => {})
    expect(backend.calls.map(({ fault }) => fault)).toEqual(['drop', 'fail'])
  })

  it('happens again with the same random numbers', async () => {
    const runWith = async (seed: number) => {
      const faults = (['fail', 'drop', 'lose', 'garble'] as const).map((kind) => ({
        chance: 0.2,
        fault: { kind },
      }))
      const { backend } = open({ faults, random: seededRandom(seed) })
      for (let index = 0; index < 200; index += 1)
        await backend.set(String(index % 7), record('abc'), call).catch(() => {})
      return backend.calls.map(({ fault }) => fault)
    }
    const first = await runWith(5)
    expect(await runWith(5)).toEqual(first)
    expect(await runWith(6)).not.toEqual(first)
    for (const kind of ['fail', 'drop', 'lose', 'garble', undefined])
      expect(first.filter((fault) => fault === kind).length).toBeGreaterThan(5)
  })
})

describe('a faulty backend', () => {
  it('is down between two times, and when it is told to be', async () => {
    const from = Date.UTC(2026, 0, 1) + 100
    const { backend, clock } = open({ outages: [{ from, to: from + 50 }] })
    const isUp = async () => {
      const verbs: readonly FaultyVerb[] = ['set', 'get']
      const ups = await Promise.all(
        verbs.map((verb) =>
          (verb === 'set' ? backend.set('a', record('1'), call) : backend.get('a', call)).then(
            () => true,
            () => false,
          ),
        ),
      )
      expect(ups[0]).toBe(ups[1])
      expect(backend.isDown).toBe(!ups[0])
      return ups[0]
    }
    expect(await isUp()).toBe(true)
    await clock.advance(100)
    expect(await isUp()).toBe(false)
    expect(backend.calls.at(-1)).toMatchObject({ verb: 'get', fault: 'outage', state: 'rejected' })
    await clock.advance(50)
    expect(await isUp()).toBe(true)
    backend.isDown = true
    expect(await isUp()).toBe(false)
    backend.isDown = false
    expect(await isUp()).toBe(true)
  })

  it('rejects what is held up when it goes down', async () => {
    const { backend, clock, text } = open({ faults: [{ fault: { kind: 'delay', ms: 10 } }] })
    const setting = watched(backend.set('a', record('1'), call))
    backend.isDown = true
    await clock.advance(10)
    expect([setting.is, await text('a')]).toEqual(['rejected', undefined])
  })

  it('knows what it was called with', async () => {
    const { backend, clock } = open({ faults: [{ verb: 'add', fault: { kind: 'hang' } }] })
    await backend.set('a', record('1'), call)
    await clock.advance(5)
    await backend.getMany(['a', 'b'], call)
    const adding = backend.add('c', record('1'), call)
    const at = Date.UTC(2026, 0, 1)
    expect(backend.calls).toEqual([
      { verb: 'set', keys: ['a'], at, fault: undefined, state: 'done' },
      { verb: 'getMany', keys: ['a', 'b'], at: at + 5, fault: undefined, state: 'done' },
      { verb: 'add', keys: ['c'], at: at + 5, fault: 'hang', state: 'running' },
    ])
    backend.release()
    await adding
    expect(backend.calls.at(-1)?.state).toBe('done')
  })
})
