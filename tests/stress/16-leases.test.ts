import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DiskCache, type Lock } from 'holdfast'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { until } from '../support/until.ts'
import { Worker } from '../support/worker.ts'

const name = 'nightly-report'

test('row 16: a holder that overruns its lease and then releases does not take it from the next one', async () => {
  const home = temporaryDirectory()
  const directory = join(home, 'store')
  const overrunUntil = join(home, 'enough')
  using cache = new DiskCache(directory)
  const first = new Worker('lock-holder.mjs', { directory, name, ttl: 400, overrunUntil })
  const firstFence = await first.next<number>('held')

  const next = await cache.lock(name, { ttl: 5_000, wait: 10_000 })
  expect(next.fence).toBeGreaterThan(firstFence)
  writeFileSync(overrunUntil, '')
  await first.next('release')
  await expectHeld(cache, next)

  next.release()
  const third = await cache.lock(name, { wait: 1_000 })
  expect(third.fence).toBeGreaterThan(next.fence)
  // Twice is harmless, also when somebody else has it by now.
  next.release()
  await expectHeld(cache, third)
  third.release()
  await first.finish()
  expect(cache.check()).toMatchObject({ ok: true, problems: [] })
})

test('row 16: a holder that was suspended finds its lease lost and leaves the next holder alone', async () => {
  const directory = join(temporaryDirectory(), 'store')
  using cache = new DiskCache(directory)
  const first = new Worker('lock-holder.mjs', { directory, name, ttl: 400 })
  await first.next('held')
  first.signal('SIGSTOP')
  const next = await cache.lock(name, { ttl: 5_000, wait: 10_000 })
  first.signal('SIGCONT')
  await first.next('lost')
  await expectHeld(cache, next)
  expect(await first.ask<boolean>('release'), 'its signal is aborted').toBe(true)
  await expectHeld(cache, next)
  next.release()
  await first.finish()
  expect(cache.check()).toMatchObject({ ok: true, problems: [] })
})

test('row 16: the lease of a killed holder ends', async () => {
  const directory = join(temporaryDirectory(), 'store')
  using cache = new DiskCache(directory)
  const holder = new Worker('lock-holder.mjs', { directory, name, ttl: 600 })
  const fence = await holder.next<number>('held')
  await expect(cache.lock(name, { wait: 0 })).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' })
  await holder.kill()
  const killed = performance.now()
  const lock = await cache.lock(name, { wait: 10_000 })
  expect(performance.now() - killed, 'waited, ms').toBeLessThan(600 + 1_000)
  expect(lock.fence).toBeGreaterThan(fence)
  lock.release()
  expect(cache.check()).toMatchObject({ ok: true, problems: [] })
})

test('row 16: a holder that is alive keeps its lease beyond its length, by renewing it', async () => {
  const directory = join(temporaryDirectory(), 'store')
  using cache = new DiskCache(directory)
  const holder = new Worker('lock-holder.mjs', { directory, name, ttl: 300 })
  await holder.next('held')
  await expect(cache.lock(name, { wait: 1_200 })).rejects.toMatchObject({
    code: 'ERR_LOCK_TIMEOUT',
  })
  expect(await holder.ask<boolean>('release'), 'lost it meanwhile').toBe(false)
  const lock = await until('the lock is free', 2_000, () => cache.lock(name, { wait: 100 }))
  lock.release()
  await holder.finish()
  expect(cache.check()).toMatchObject({ ok: true, problems: [] })
})

async function expectHeld(cache: DiskCache, lock: Lock): Promise<void> {
  await expect(cache.lock(name, { wait: 0 })).rejects.toMatchObject({ code: 'ERR_LOCK_TIMEOUT' })
  expect(lock.signal.aborted).toBe(false)
}
