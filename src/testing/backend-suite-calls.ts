import assert from 'node:assert/strict'
import type { BackendCall } from '../contracts/backend.ts'
import { isHoldfastError } from '../contracts/errors.ts'
import type { BackendCheck } from './backend-suite.ts'
import { lasting, type Trial } from './backend-trial.ts'

/** How calls end that are not wanted any more, or come too late. */
export const callCases: readonly BackendCheck[] = [
  {
    name: 'a call that was aborted before settles: it is done, or it rejects with the reason',
    run: aborted,
  },
  { name: 'a call that is aborted meanwhile settles', run: abortedLater },
  { name: 'nothing is wrong with the calls that come after an aborted one', run: afterAborted },
  { name: 'every call after close rejects with ERR_CLOSED', run: closed },
  { name: 'close twice is harmless', run: closedTwice },
]

/** All the verbs that a backend has. */
function verbs({ backend, key }: Pick<Trial, 'backend' | 'key'>) {
  const { leases } = backend
  return {
    get: (call: BackendCall) => backend.get(key(), call),
    getMany: (call: BackendCall) => backend.getMany([key()], call),
    set: (call: BackendCall) => backend.set(key('set'), lasting(1), call),
    setMany: (call: BackendCall) => backend.setMany?.([[key('set many'), lasting(1)]], call),
    add: (call: BackendCall) => backend.add(key('add'), lasting(1), call),
    delete: (call: BackendCall) => backend.delete(key('delete'), call),
    deleteMany: (call: BackendCall) => backend.deleteMany?.([key('delete many')], call),
    clear: (call: BackendCall) => backend.clear?.(key('clear'), call),
    now: (call: BackendCall) => backend.now?.(call),
    acquire: (call: BackendCall) => leases?.acquire(key('lease'), 60_000, call),
    renew: (call: BackendCall) => leases?.renew(key('lease'), 'token', 60_000, call),
    release: (call: BackendCall) => leases?.release(key('lease'), 'token', call),
  }
}

const reason = new Error('nobody waits any more')

async function aborted(trial: Trial): Promise<void> {
  const { backend } = trial
  const key = (name?: string) => trial.key(name)
  await trial.set(key(), lasting('there'))
  await trial.set(key('delete'), lasting('there'))
  const call = { signal: AbortSignal.abort(reason) }
  const done = new Map<string, unknown>()
  for (const [name, run] of Object.entries(verbs({ backend, key }))) {
    try {
      done.set(name, await run(call))
    } catch (error) {
      assert.equal(error, reason, `${name} rejects with something else than the signal's reason`)
    }
  }
  // What says that it is done is to be done.
  if (done.has('get')) trial.same(done.get('get') as never, lasting('there'), key())
  if (done.has('getMany')) trial.same((done.get('getMany') as never)[0], lasting('there'), key())
  if (done.has('set')) await trial.expect(key('set'), lasting(1))
  if (done.has('setMany') && backend.setMany) await trial.expect(key('set many'), lasting(1))
  if (done.get('add') === true) await trial.expect(key('add'), lasting(1))
  if (done.has('delete')) await trial.expectNone(key('delete'), 'delete says that it is done')
}

async function abortedLater(trial: Trial): Promise<void> {
  const { backend } = trial
  for (const [name, run] of Object.entries(verbs({ backend, key: (text) => trial.key(text) }))) {
    const controller = new AbortController()
    const running = run({ signal: controller.signal })
    controller.abort(reason)
    try {
      await running
    } catch (error) {
      assert.equal(error, reason, `${name} rejects with something else than the signal's reason`)
    }
  }
}

async function afterAborted(trial: Trial): Promise<void> {
  await abortedLater(trial)
  for (let index = 0; index < 20; index += 1) {
    const controller = new AbortController()
    const reading = trial.backend.get(trial.key(String(index)), { signal: controller.signal })
    controller.abort(reason)
    await reading.catch(() => {})
    await trial.set(trial.key('after'), lasting(`after ${index}`))
    await trial.expect(trial.key('after'), lasting(`after ${index}`))
  }
}

async function closed(trial: Trial): Promise<void> {
  const { backend } = trial
  await trial.set(trial.key(), lasting('there'))
  await backend.close()
  for (const [name, run] of Object.entries(verbs({ backend, key: (text) => trial.key(text) }))) {
    let answer: unknown
    try {
      answer = run(trial.call)
    } catch {
      assert.fail(`${name} throws after close, instead of rejecting`)
    }
    // A verb that the backend does not have.
    if (answer === undefined) continue
    await assert.rejects(
      answer as Promise<unknown>,
      (error) => isHoldfastError(error, 'ERR_CLOSED'),
      `${name} after close`,
    )
  }
}

async function closedTwice({ backend }: Trial): Promise<void> {
  await Promise.all([backend.close(), backend.close()])
  await backend.close()
}
