import assert from 'node:assert/strict'
import type { BackendRecord } from '../contracts/backend.ts'
import type { BackendCheck } from './backend-suite.ts'
import { lasting, type Trial, toBytes } from './backend-trial.ts'

const day = 86_400_000

/** When records end. */
export const expiryCases: readonly BackendCheck[] = [
  { name: 'gives a record until it ends, and not from then on', run: ends },
  { name: 'ends each record at its own time', run: endsEach },
  { name: 'knows when what it gives ends', run: knowsEnd },
  { name: 'gives a new record the new end', run: changesEnd },
  { name: 'keeps what ends in a month, in a lifetime, or never', run: keepsLong },
  { name: 'takes an end that is no whole number', run: fractions },
  { name: 'a record that has ended removes what was there', run: past },
  { name: 'what has ended is nothing to add and delete', run: endedIsNothing },
  { name: 'add keeps nothing that has ended, and the end of what it keeps', run: addsEnding },
  { name: 'deleteMany does not count what has ended', needs: 'deleteMany', run: countsLive },
  { name: 'now is the time by which records end', needs: 'now', run: tellsTime },
]

/** A life that is long enough for the calls of a case, where time is real. */
function life({ precision }: Trial): number {
  return 1_000 + 2 * precision
}

async function ending(text: string, trial: Trial, ms: number): Promise<BackendRecord> {
  return { bytes: toBytes(text), expiresAt: (await trial.now()) + ms }
}

/** Lets `ms` pass, and what may be wrong with when a record ends. */
async function passFully(trial: Trial, ms: number): Promise<void> {
  await trial.pass(ms + trial.precision + (trial.clock === undefined ? 50 : 0))
}

async function ends(trial: Trial): Promise<void> {
  const key = trial.key()
  const record = await ending('short', trial, life(trial))
  await trial.set(key, record)
  await trial.expect(key, record)
  if (trial.clock === undefined) await passFully(trial, life(trial))
  else {
    await trial.pass(life(trial) - 1 - trial.precision)
    await trial.expect(key, record)
    await passFully(trial, 1 + trial.precision)
  }
  await trial.expectNone(key, 'there is a record after its end')
}

async function endsEach(trial: Trial): Promise<void> {
  const { backend, call } = trial
  const keys = ['early', 'late', 'never'].map((name) => trial.key(name))
  const [early = '', late = '', never = ''] = keys
  await trial.set(early, await ending('early', trial, life(trial)))
  const lateRecord = await ending('late', trial, 3_600_000)
  await trial.set(late, lateRecord)
  await trial.set(never, lasting('never'))
  await passFully(trial, life(trial))
  const [first, second, third] = await backend.getMany(keys, call)
  assert.equal(first, undefined, 'there is a record after its end')
  trial.same(second, lateRecord, late)
  trial.same(third, lasting('never'), never)
}

async function knowsEnd(trial: Trial): Promise<void> {
  for (const ms of [60_000, 12_345_678, 20 * day]) {
    const record = await ending('ends', trial, ms)
    await trial.set(trial.key(), record)
    await trial.expect(trial.key(), record)
  }
}

async function changesEnd(trial: Trial): Promise<void> {
  const [longer, shorter, never] = ['longer', 'shorter', 'never'].map((name) => trial.key(name))
  assert.ok(longer && shorter && never)
  await trial.set(longer, await ending('old', trial, life(trial)))
  await trial.set(never, await ending('old', trial, life(trial)))
  await trial.set(shorter, lasting('old'))
  const later = await ending('new', trial, 3_600_000)
  await trial.set(longer, later)
  await trial.set(never, lasting('new'))
  await trial.set(shorter, await ending('new', trial, life(trial)))
  await passFully(trial, life(trial))
  await trial.expect(longer, later)
  await trial.expect(never, lasting('new'))
  await trial.expectNone(shorter, 'a record keeps the end of the one before')
}

async function keepsLong(trial: Trial): Promise<void> {
  const now = await trial.now()
  // A little more than what 31 and 32 bits of milliseconds hold: cut off, little is left of it. Thirty days, from which on some
  // take seconds for a date; and dates beyond 31 and nearly 32 bits of seconds.
  const lives = [2 ** 31 + 1, 2 ** 32 + 1, 29 * day, 31 * day, 60 * day]
  const dates = [Date.UTC(2100, 0), Date.UTC(2190, 0), Number.POSITIVE_INFINITY]
  const ends = [...lives.map((ms) => now + ms), ...dates]
  for (const expiresAt of ends)
    await trial.set(trial.key(String(expiresAt)), { bytes: toBytes('long'), expiresAt })
  await trial.pass(trial.clock === undefined ? 5 : 5_000)
  for (const expiresAt of ends)
    await trial.expect(trial.key(String(expiresAt)), { bytes: toBytes('long'), expiresAt })
}

async function fractions(trial: Trial): Promise<void> {
  const key = trial.key()
  const expiresAt = (await trial.now()) + 60_000.625
  await trial.set(key, { bytes: toBytes('a'), expiresAt })
  const found = await trial.get(key)
  assert.ok(found, 'a record whose end is no whole number is not kept')
  const difference = Math.abs(found.expiresAt - expiresAt)
  assert.ok(difference < 1 + trial.precision, `it ends ${difference} ms earlier or later`)
}

async function past(trial: Trial): Promise<void> {
  for (const ms of [0, -1, -1_000, -40 * day]) {
    const key = trial.key(String(ms))
    await trial.set(key, lasting('old'))
    await trial.set(key, await ending('past', trial, ms - trial.precision))
    await trial.expectNone(key, 'a record that has ended leaves what was there, or is there itself')
  }
  await trial.set(trial.key('epoch'), { bytes: toBytes('past'), expiresAt: 0 })
  await trial.expectNone(trial.key('epoch'), 'the end 0 counts as none')
}

async function endedIsNothing(trial: Trial): Promise<void> {
  const { backend, call } = trial
  for (const name of ['deleted', 'added'])
    await trial.set(trial.key(name), await ending('ends', trial, life(trial)))
  assert.equal(await backend.add(trial.key('added'), lasting('early'), call), false)
  await passFully(trial, life(trial))
  assert.equal(
    await backend.delete(trial.key('deleted'), call),
    false,
    'it had ended before delete',
  )
  assert.equal(
    await backend.add(trial.key('added'), lasting('new'), call),
    true,
    'it had ended before add',
  )
  await trial.expect(trial.key('added'), lasting('new'))
}

async function addsEnding(trial: Trial): Promise<void> {
  const { backend, call } = trial
  const ended = await ending('past', trial, -1 - trial.precision)
  await backend.add(trial.key('ended'), ended, call)
  await trial.expectNone(trial.key('ended'), 'add keeps a record that has ended')
  await trial.set(trial.key('there'), lasting('live'))
  assert.equal(await backend.add(trial.key('there'), ended, call), false)
  await trial.expect(trial.key('there'), lasting('live'))
  const record = await ending('ends', trial, life(trial))
  assert.equal(await backend.add(trial.key('ends'), record, call), true)
  await trial.expect(trial.key('ends'), record)
  await passFully(trial, life(trial))
  await trial.expectNone(trial.key('ends'), 'what was added does not end')
}

async function countsLive(trial: Trial): Promise<void> {
  const { backend, call } = trial
  assert.ok(backend.deleteMany)
  await trial.set(trial.key('ended'), await ending('ends', trial, life(trial)))
  await trial.set(trial.key('live'), lasting('live'))
  await passFully(trial, life(trial))
  const keys = [trial.key('ended'), trial.key('live')]
  assert.equal(await backend.deleteMany(keys, call), 1, 'how many had a live record')
}

async function tellsTime(trial: Trial): Promise<void> {
  const { backend, call, clock } = trial
  assert.ok(backend.now)
  const before = await backend.now(call)
  assert.ok(before > Date.UTC(2020, 0), `${before} is no time in milliseconds`)
  await trial.pass(clock === undefined ? 30 : 5_000)
  const passed = (await backend.now(call)) - before
  assert.ok(
    passed >= (clock === undefined ? 20 : 5_000),
    `after some time it is ${passed} ms later`,
  )
}
