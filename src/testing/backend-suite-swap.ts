import assert from 'node:assert/strict'
import type { BackendRecord } from '../contracts/backend.ts'
import type { BackendCheck } from './backend-suite.ts'
import { lasting, type Trial } from './backend-trial.ts'

/** Writes that depend on what is there. */
export const swapCases: readonly BackendCheck[] = [
  { name: 'swap keeps a record where none is and none is expected', needs: 'swap', run: fills },
  { name: 'swap replaces what begins as expected', needs: 'swap', run: replaces },
  { name: 'swap leaves what is other than expected', needs: 'swap', run: leaves },
  { name: 'swap takes an expired record for none', needs: 'swap', run: takesExpired },
  { name: 'of many swaps at once one succeeds', needs: 'swap', run: onceAtATime },
]

async function swap(
  { backend, call }: Trial,
  key: string,
  expected: string | undefined,
  record: BackendRecord,
): Promise<boolean> {
  assert.ok(backend.swap, 'the backend has no swap: implement it, or name it in `lacks`')
  const bytes = expected === undefined ? undefined : lasting(expected).bytes
  return await backend.swap(key, bytes, record, call)
}

async function fills(trial: Trial): Promise<void> {
  const key = trial.key()
  assert.equal(await swap(trial, key, undefined, lasting('first')), true)
  await trial.expect(key, lasting('first'))
  assert.equal(await swap(trial, key, undefined, lasting('second')), false)
  await trial.expect(key, lasting('first'))
}

async function replaces(trial: Trial): Promise<void> {
  const key = trial.key()
  await trial.set(key, lasting('one and more'))
  assert.equal(await swap(trial, key, 'one', lasting('two')), true)
  await trial.expect(key, lasting('two'))
  assert.equal(await swap(trial, key, 'two', lasting('three')), true)
  await trial.expect(key, lasting('three'))
}

async function leaves(trial: Trial): Promise<void> {
  const key = trial.key()
  assert.equal(await swap(trial, key, 'one', lasting('two')), false)
  await trial.expectNone(key, 'a record was kept where another one was expected')
  await trial.set(key, lasting('other'))
  assert.equal(await swap(trial, key, 'one', lasting('two')), false)
  assert.equal(await swap(trial, key, 'other and more', lasting('two')), false)
  await trial.expect(key, lasting('other'))
}

async function takesExpired(trial: Trial): Promise<void> {
  const key = trial.key()
  const life = 200
  await trial.set(key, { ...lasting('old'), expiresAt: (await trial.now()) + life })
  await trial.pass(life + trial.precision + 1)
  assert.equal(await swap(trial, key, 'old', lasting('new')), false)
  assert.equal(await swap(trial, key, undefined, lasting('new')), true)
  await trial.expect(key, lasting('new'))
}

async function onceAtATime(trial: Trial): Promise<void> {
  const key = trial.key()
  await trial.set(key, lasting('start'))
  const swapping = Array.from({ length: 20 }, (_, index) =>
    swap(trial, key, 'start', lasting(index + 1)),
  )
  const swapped = await Promise.all(swapping)
  assert.equal(swapped.filter(Boolean).length, 1, 'of 20 swaps at once not just one succeeded')
  await trial.expect(key, lasting(swapped.indexOf(true) + 1))
}
