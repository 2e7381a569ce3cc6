import { expect, it } from 'vitest'
import { torture } from '../support/torture.ts'
import { campaign, report } from './campaign.ts'

/** In CI `npm run simulate` runs 10,000 of them; with every test a part of these and others that nobody has run. */
const fixed = torture(300, 10_000)
const fresh = torture(200, 10_000)

async function check(first: number, count: number): Promise<void> {
  const { failed, seeds } = await campaign({ first, count, most: 1 })
  const [failure] = failed
  expect(failure === undefined ? '' : await report(failure[0])).toBe('')
  expect(seeds).toBe(count)
}

it('no read gives what it must not: seeds that are always the same', async () => {
  await check(1, fixed)
}, 600_000)

it('no read gives what it must not: seeds of now', async () => {
  const first = 1_000_000 + (Date.now() % 1_000_000_000)
  console.log(`simulator: seeds ${first} to ${first + fresh - 1}`)
  await check(first, fresh)
}, 600_000)
