import assert from 'node:assert/strict'
import type { BackendCheck } from './backend-suite.ts'
import { lasting, type Trial } from './backend-trial.ts'

/** Leases: locks with a deadline. */
export const leaseCases: readonly BackendCheck[] = [
  { name: 'a lease is held by one', needs: 'leases', run: exclusive },
  { name: 'of many that want a lease at once one gets it', needs: 'leases', run: acquiredAtOnce },
  { name: 'a lease that was given back is free', needs: 'leases', run: released },
  { name: 'a lease runs out', needs: 'leases', run: runsOut },
  { name: 'a lease that is renewed does not run out', needs: 'leases', run: renewed },
  {
    name: 'a token of somebody else renews nothing and gives nothing back',
    needs: 'leases',
    run: foreign,
  },
  { name: 'who lost a lease to another does not disturb him', needs: 'leases', run: takenOver },
  { name: 'leases of other names and records are apart', needs: 'leases', run: apart },
  { name: 'leases take names of every kind', needs: 'leases', run: names },
]

function term({ precision }: Trial): number {
  return 1_000 + 2 * precision
}

async function passFully(trial: Trial, ms: number): Promise<void> {
  await trial.pass(ms + trial.precision + (trial.clock === undefined ? 50 : 0))
}

async function hold(trial: Trial, name: string, ttl: number = 60_000): Promise<string> {
  const token = await trial.leases().acquire(name, ttl, trial.call)
  assert.equal(typeof token, 'string', 'a free lease is not given')
  return String(token)
}

async function expectHeld(trial: Trial, name: string, why: string): Promise<void> {
  assert.equal(await trial.leases().acquire(name, 60_000, trial.call), undefined, why)
}

async function exclusive(trial: Trial): Promise<void> {
  await hold(trial, trial.key())
  await expectHeld(trial, trial.key(), 'a lease that is held is given to another')
  await expectHeld(trial, trial.key(), 'a refused one takes the lease away')
}

async function acquiredAtOnce(trial: Trial): Promise<void> {
  const leases = trial.leases()
  for (let round = 0; round < 5; round += 1) {
    const tokens = await Promise.all(
      Array.from({ length: 20 }, () => leases.acquire(trial.key(`${round}`), 60_000, trial.call)),
    )
    const given = tokens.filter((token) => token !== undefined)
    assert.equal(given.length, 1, `of 20 at once ${given.length} got the lease`)
  }
}

async function released(trial: Trial): Promise<void> {
  const token = await hold(trial, trial.key())
  await trial.leases().release(trial.key(), token, trial.call)
  const second = await hold(trial, trial.key())
  assert.notEqual(second, token, 'two leases have the same token')
  // Twice, and by somebody who had it before.
  await trial.leases().release(trial.key(), token, trial.call)
  await expectHeld(trial, trial.key(), 'a lease is given back by the token of an earlier one')
}

async function runsOut(trial: Trial): Promise<void> {
  const token = await hold(trial, trial.key(), term(trial))
  if (trial.clock !== undefined) {
    await trial.pass(term(trial) - 1 - trial.precision)
    await expectHeld(trial, trial.key(), 'a lease ends before its time')
    await trial.pass(1 + trial.precision)
  }
  await passFully(trial, trial.clock === undefined ? term(trial) : 0)
  assert.equal(
    await trial.leases().renew(trial.key(), token, 60_000, trial.call),
    false,
    'it ran out',
  )
  await hold(trial, trial.key())
}

async function renewed(trial: Trial): Promise<void> {
  const leases = trial.leases()
  const token = await hold(trial, trial.key(), term(trial))
  for (let times = 0; times < 3; times += 1) {
    await trial.pass(term(trial) / 2)
    assert.equal(await leases.renew(trial.key(), token, term(trial), trial.call), true)
  }
  await expectHeld(trial, trial.key(), 'a renewed lease runs out at its first deadline')
  await passFully(trial, term(trial))
  const next = await hold(trial, trial.key(), 3_600_000)
  assert.equal(await leases.renew(trial.key(), next, term(trial), trial.call), true)
  await passFully(trial, term(trial))
  await hold(trial, trial.key())
}

async function foreign(trial: Trial): Promise<void> {
  const leases = trial.leases()
  const token = await hold(trial, trial.key(), term(trial))
  const others = [await hold(trial, trial.key('other')), '', 'token', `${token} `, `${token}0`]
  for (const other of others) {
    assert.equal(await leases.renew(trial.key(), other, 3_600_000, trial.call), false)
    await leases.release(trial.key(), other, trial.call)
  }
  await expectHeld(trial, trial.key(), 'a token of somebody else gives the lease back')
  await passFully(trial, term(trial))
  await hold(trial, trial.key())
  const nobodys = trial.key('nobody holds this')
  assert.equal(await leases.renew(nobodys, token, 60_000, trial.call), false)
  await leases.release(nobodys, token, trial.call)
  await hold(trial, nobodys)
}

async function takenOver(trial: Trial): Promise<void> {
  const leases = trial.leases()
  const old = await hold(trial, trial.key(), term(trial))
  await passFully(trial, term(trial))
  const now = await hold(trial, trial.key(), 60_000)
  assert.notEqual(now, old, 'two leases have the same token')
  assert.equal(
    await leases.renew(trial.key(), old, 60_000, trial.call),
    false,
    'the lease is another’s',
  )
  await leases.release(trial.key(), old, trial.call)
  await expectHeld(trial, trial.key(), 'who lost a lease gives back that of another')
  assert.equal(await leases.renew(trial.key(), now, 60_000, trial.call), true)
}

async function apart(trial: Trial): Promise<void> {
  const { backend, call } = trial
  await trial.set(trial.key(), lasting('record'))
  const token = await hold(trial, trial.key())
  await hold(trial, trial.key('KEY'))
  await trial.expect(trial.key(), lasting('record'))
  await trial.set(trial.key(), lasting('changed'))
  await backend.delete(trial.key(), call)
  await expectHeld(trial, trial.key(), 'to delete a record gives back the lease of that name')
  assert.equal(await backend.add(trial.key(), lasting('added'), call), true, 'a lease is no record')
  await trial.leases().release(trial.key(), token, call)
  await trial.expect(trial.key(), lasting('added'))
}

async function names(trial: Trial): Promise<void> {
  const all = [
    'a',
    'A',
    'a b',
    '\u00e9',
    'e\u0301',
    '😀',
    '\r\n',
    'a\0b',
    'a\0c',
    '%',
    'x'.repeat(2_000),
  ]
  for (const name of all) await hold(trial, trial.key(name))
  for (const name of all) await expectHeld(trial, trial.key(name), 'a lease that is held is given')
}
