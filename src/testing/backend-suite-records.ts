import assert from 'node:assert/strict'
import type { BackendCheck } from './backend-suite.ts'
import { lasting, type Trial } from './backend-trial.ts'

/** What goes in and comes out. */
export const recordCases: readonly BackendCheck[] = [
  { name: 'gives nothing for a key that was never set', run: givesNothing },
  { name: 'gives what was set', run: givesRecords },
  { name: 'replaces what was there', run: replaces },
  {
    name: 'keeps every byte',
    run: (trial) =>
      keeps(
        trial,
        Uint8Array.from({ length: 256 }, (_, i) => i),
      ),
  },
  { name: 'keeps a single zero', run: (trial) => keeps(trial, Uint8Array.of(0)) },
  { name: 'keeps what looks like the end of a line or of a message', run: keepsMarks },
  { name: 'keeps a mebibyte', run: (trial) => keeps(trial, patterned(2 ** 20)) },
  { name: 'keeps a part of a larger buffer', run: keepsPart },
  { name: 'getMany gives records in the order of the keys, with gaps and repetitions', run: many },
  { name: 'getMany of no keys is empty', run: none },
  { name: 'takes and gives 1,000 keys at once', run: thousand },
  { name: 'setMany sets all, the last of the same key', needs: 'setMany', run: setsMany },
  { name: 'add keeps a record only where there is none', run: adds },
  { name: 'of many adds at once one succeeds', run: addsAtOnce },
  { name: 'of many sets at once one is kept, whole', run: setsAtOnce },
  { name: 'delete says whether there was a record', run: deletes },
  { name: 'deleteMany says how many there were', needs: 'deleteMany', run: deletesMany },
  {
    name: 'clear removes what begins with the prefix, and nothing else',
    needs: 'clear',
    run: clears,
  },
  { name: 'keeps its own copy of what was set', run: ownsBytes },
  { name: 'gives bytes that are the caller’s own', run: givesOwnBytes },
  { name: 'sizeOf knows only what is there', needs: 'sizeOf', run: sizes },
]

async function givesNothing(trial: Trial): Promise<void> {
  await trial.expectNone(trial.key(), 'there is a record where nothing was set')
}

async function givesRecords(trial: Trial): Promise<void> {
  await trial.set(trial.key('a'), lasting('first'))
  await trial.set(trial.key('b'), lasting('second'))
  await trial.expect(trial.key('a'), lasting('first'))
  await trial.expect(trial.key('b'), lasting('second'))
}

async function replaces(trial: Trial): Promise<void> {
  const key = trial.key()
  await trial.set(key, lasting('a longer one'))
  await trial.set(key, {
    bytes: lasting('short').bytes,
    expiresAt: (await trial.now()) + 3_600_000,
  })
  await trial.set(key, lasting('new'))
  await trial.expect(key, lasting('new'))
}

async function keeps(trial: Trial, bytes: Uint8Array): Promise<void> {
  await trial.set(trial.key(), lasting(bytes))
  await trial.expect(trial.key(), lasting(bytes))
}

async function keepsMarks(trial: Trial): Promise<void> {
  for (const text of ['\r\n', 'END\r\n', '$-1\r\n', '\0', '\u{feff}', '"', '\\', '{}', 'null'])
    await keeps(trial, lasting(text).bytes)
  await keeps(trial, Uint8Array.of(0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80))
}

async function keepsPart(trial: Trial): Promise<void> {
  const whole = patterned(300)
  await trial.set(trial.key('array'), lasting(whole.subarray(7, 107)))
  await trial.set(trial.key('buffer'), lasting(Buffer.from(whole.buffer, 7, 100)))
  for (const name of ['array', 'buffer'])
    await trial.expect(trial.key(name), lasting(whole.slice(7, 107)))
}

async function many(trial: Trial): Promise<void> {
  const { backend, call } = trial
  for (const name of ['a', 'b', 'c']) await trial.set(trial.key(name), lasting(name))
  const names = ['c', 'none', 'a', 'b', 'a', 'nothing']
  const found = await backend.getMany(
    names.map((name) => trial.key(name)),
    call,
  )
  assert.equal(found.length, names.length, 'getMany gives another number of records')
  for (const [index, name] of names.entries()) {
    const record = found[index]
    if (name.startsWith('no')) assert.equal(record, undefined, 'a key without a record has one')
    else trial.same(record, lasting(name), name)
  }
}

async function none({ backend, call }: Trial): Promise<void> {
  assert.deepEqual(await backend.getMany([], call), [])
  assert.equal((await backend.deleteMany?.([], call)) ?? 0, 0)
  await backend.setMany?.([], call)
}

async function thousand(trial: Trial): Promise<void> {
  const { backend, call } = trial
  const keys = Array.from({ length: 1_000 }, (_, index) => trial.key(String(index)))
  await Promise.all(keys.map((key, index) => trial.set(key, lasting(`value ${index}`))))
  const asked = keys.flatMap((key) => [key, `${key} not`]).reverse()
  const found = await backend.getMany(asked, call)
  assert.equal(found.length, 2_000, 'getMany gives another number of records')
  for (const [index, key] of asked.entries()) {
    if (index % 2 === 0) assert.equal(found[index], undefined)
    else trial.same(found[index], lasting(`value ${999 - (index - 1) / 2}`), key)
  }
}

async function setsMany(trial: Trial): Promise<void> {
  const { backend, call } = trial
  assert.ok(backend.setMany)
  const [a, b, c] = ['a', 'b', 'c'].map((name) => trial.key(name)) as [string, string, string]
  await trial.set(b, lasting('old'))
  const past = { bytes: lasting('past').bytes, expiresAt: (await trial.now()) - 1_000 }
  await trial.set(c, lasting('old'))
  await backend.setMany(
    [
      [a, lasting('first')],
      [b, lasting('new')],
      [c, past],
      [a, lasting('last')],
    ],
    call,
  )
  await trial.expect(a, lasting('last'))
  await trial.expect(b, lasting('new'))
  await trial.expectNone(c, 'setMany of an expired record does not remove what was there')
}

async function adds(trial: Trial): Promise<void> {
  const { backend, call } = trial
  const key = trial.key()
  assert.equal(await backend.add(key, lasting('first'), call), true)
  assert.equal(await backend.add(key, lasting('second'), call), false)
  await trial.expect(key, lasting('first'))
  await backend.delete(key, call)
  assert.equal(await backend.add(key, lasting('third'), call), true)
  await trial.expect(key, lasting('third'))
}

async function addsAtOnce(trial: Trial): Promise<void> {
  const { backend, call } = trial
  for (let round = 0; round < 5; round += 1) {
    const key = trial.key(`round ${round}`)
    const adding = Array.from({ length: 20 }, (_, index) =>
      backend.add(key, lasting(index + 1), call),
    )
    const added = await Promise.all(adding)
    assert.equal(added.filter(Boolean).length, 1, 'of 20 adds at once not just one succeeded')
    await trial.expect(key, lasting(added.indexOf(true) + 1))
  }
}

async function setsAtOnce(trial: Trial): Promise<void> {
  const key = trial.key()
  const size = 10_000
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      trial.set(key, lasting(new Uint8Array(size).fill(index))),
    ),
  )
  const found = await trial.get(key)
  trial.same(found, lasting(new Uint8Array(size).fill(found?.bytes[0] ?? 0)), key)
}

async function deletes(trial: Trial): Promise<void> {
  const { backend, call } = trial
  const key = trial.key()
  assert.equal(await backend.delete(key, call), false, 'nothing was there, and delete says it was')
  await trial.set(key, lasting(1))
  await trial.set(trial.key('other'), lasting(2))
  assert.equal(await backend.delete(key, call), true)
  await trial.expectNone(key, 'there is a record after delete')
  assert.equal(await backend.delete(key, call), false, 'it was deleted already')
  await trial.expect(trial.key('other'), lasting(2))
}

async function deletesMany(trial: Trial): Promise<void> {
  const { backend, call } = trial
  assert.ok(backend.deleteMany)
  for (const name of ['a', 'b', 'c']) await trial.set(trial.key(name), lasting(name))
  const keys = ['a', 'none', 'c', 'a'].map((name) => trial.key(name))
  assert.equal(await backend.deleteMany(keys, call), 2, 'how many had a live record')
  await trial.expectNone(trial.key('a'), 'there is a record after deleteMany')
  await trial.expectNone(trial.key('c'), 'there is a record after deleteMany')
  await trial.expect(trial.key('b'), lasting('b'))
}

async function clears(trial: Trial): Promise<void> {
  const { backend, call } = trial
  assert.ok(backend.clear)
  // What means something in patterns of stores, and what a comparison without regard to case would take along.
  for (const mark of ['plain', '*', '%', '_', '[a-z]', '?', '\\', 'ä']) {
    const inside = [`${mark}:`, `${mark}:a`, `${mark}:a:b`].map((name) => trial.key(name))
    const outside = [mark, `${mark}x:a`, `x${mark}:a`, `${mark}`.toUpperCase(), 'plainly'].map(
      (name) => trial.key(`${name}!`),
    )
    for (const key of [...inside, ...outside]) await trial.set(key, lasting(key))
    await backend.clear(trial.key(`${mark}:`), call)
    for (const key of inside) await trial.expectNone(key, 'there is a record after clear')
    for (const key of outside) await trial.expect(key, lasting(key))
  }
}

async function ownsBytes(trial: Trial): Promise<void> {
  const { backend, call } = trial
  const bytes = patterned(100)
  await trial.set(trial.key('set'), lasting(bytes))
  await backend.add(trial.key('add'), lasting(bytes), call)
  await backend.setMany?.([[trial.key('many'), lasting(bytes)]], call)
  bytes.fill(0)
  await trial.expect(trial.key('set'), lasting(patterned(100)))
  await trial.expect(trial.key('add'), lasting(patterned(100)))
  if (backend.setMany) await trial.expect(trial.key('many'), lasting(patterned(100)))
}

async function givesOwnBytes(trial: Trial): Promise<void> {
  const { backend, call } = trial
  for (const size of [100, 300_000]) {
    const key = trial.key(String(size))
    await trial.set(key, lasting(patterned(size)))
    const first = await trial.get(key)
    const [second] = await backend.getMany([key], call)
    first?.bytes.fill(0)
    trial.same(second, lasting(patterned(size)), key)
    await trial.expect(key, lasting(patterned(size)))
    await trial.set(key, lasting(new Uint8Array(size).fill(7)))
    trial.same(second, lasting(patterned(size)), key)
    second?.bytes.fill(1)
    await trial.expect(key, lasting(new Uint8Array(size).fill(7)))
  }
}

async function sizes(trial: Trial): Promise<void> {
  const { backend } = trial
  assert.ok(backend.sizeOf)
  await trial.set(trial.key('there'), lasting(patterned(1_000)))
  const size = backend.sizeOf(trial.key('there'))
  assert.ok(size === undefined || size >= 1, `the size of a record is ${size}`)
  assert.equal(backend.sizeOf(trial.key('not')), undefined, 'what is not there has a size')
}

/** Bytes that no compression or text makes the same of. */
function patterned(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => Math.imul(index + 1, 2_654_435_761) >>> 24)
}
