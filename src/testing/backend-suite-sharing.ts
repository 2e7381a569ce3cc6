import assert from 'node:assert/strict'
import type { BackendCheck } from './backend-suite.ts'
import { lasting, type Trial } from './backend-trial.ts'

/** Two clients of one store. */
export const sharingCases: readonly BackendCheck[] = [
  {
    name: 'two clients see what the other one wrote, at once',
    needs: 'sharing',
    run: seeEachOther,
  },
  { name: 'of adds through two clients one succeeds', needs: 'sharing', run: addOnce },
  { name: 'a client that is closed disturbs no other', needs: 'sharing', run: closeAlone },
  { name: 'records outlive the client that wrote them', needs: 'sharing', run: outlive },
  {
    name: 'a lease excludes other clients, and its token is not theirs',
    needs: 'sharing',
    run: lease,
  },
]

async function seeEachOther(trial: Trial): Promise<void> {
  const { backend, call } = trial
  const other = await trial.another()
  for (let round = 0; round < 20; round += 1) {
    await trial.set(trial.key(), lasting(`first ${round}`))
    await trial.expect(trial.key(), lasting(`first ${round}`), other)
    await trial.set(trial.key(), lasting(`second ${round}`), other)
    await trial.expect(trial.key(), lasting(`second ${round}`))
    assert.equal(await backend.delete(trial.key(), call), true)
    await trial.expectNone(trial.key(), 'it was deleted through another client', other)
    assert.equal(await other.add(trial.key(), lasting('added'), call), true)
    await trial.expect(trial.key(), lasting('added'))
    assert.equal(await backend.add(trial.key(), lasting('twice'), call), false)
  }
}

async function addOnce(trial: Trial): Promise<void> {
  const { backend, call } = trial
  const other = await trial.another()
  for (let round = 0; round < 10; round += 1) {
    const adding = Array.from({ length: 10 }, (_, index) =>
      (index % 2 === 0 ? backend : other).add(trial.key(`${round}`), lasting(index + 1), call),
    )
    const added = await Promise.all(adding)
    assert.equal(added.filter(Boolean).length, 1, 'of 10 adds at once not just one succeeded')
    await trial.expect(trial.key(`${round}`), lasting(added.indexOf(true) + 1), other)
  }
}

async function closeAlone(trial: Trial): Promise<void> {
  const other = await trial.another()
  await trial.set(trial.key(), lasting('before'), other)
  await other.close()
  await trial.expect(trial.key(), lasting('before'))
  await trial.set(trial.key(), lasting('after'))
  await trial.expect(trial.key(), lasting('after'))
}

async function outlive(trial: Trial): Promise<void> {
  await trial.set(trial.key(), lasting('kept'))
  // Somebody has it open all the time: of the last one's end nothing is promised.
  const reader = await trial.another()
  await trial.backend.close()
  await trial.expect(trial.key(), lasting('kept'), reader)
  await trial.expect(trial.key(), lasting('kept'), await trial.another())
}

async function lease(trial: Trial): Promise<void> {
  const { call } = trial
  const other = await trial.another()
  if (trial.backend.leases === undefined && other.leases === undefined) return
  const [mine, theirs] = [trial.leases(), trial.leases(other)]
  const token = String(await mine.acquire(trial.key(), 60_000, call))
  assert.equal(
    await theirs.acquire(trial.key(), 60_000, call),
    undefined,
    'another client holds it',
  )
  // Whoever knows the token may give it back; to guess it is not enough.
  const second = String(await theirs.acquire(trial.key('second'), 60_000, call))
  await theirs.release(trial.key(), second, call)
  assert.equal(
    await theirs.acquire(trial.key(), 60_000, call),
    undefined,
    'that is another lease’s token',
  )
  await mine.release(trial.key(), token, call)
  assert.equal(
    typeof (await theirs.acquire(trial.key(), 60_000, call)),
    'string',
    'it was given back',
  )
  assert.equal(
    await mine.renew(trial.key(), token, 60_000, call),
    false,
    'it is another client’s now',
  )
}
