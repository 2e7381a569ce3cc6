import { expect, it } from 'vitest'
import { torture } from '../support/torture.ts'
import { campaign, report } from './campaign.ts'

/** `npm run simulate` runs as many as it is told; with every test the same part of them, and in long form others that nobody has run. */
const fixed = torture(300, 10_000)
const fresh = torture(0, 10_000)

async function check(first: number, count: number): Promise<void> {
  const { failed, seeds } = await campaign({ first, count, most: 1 })
  const [failure] = failed
  expect(failure === undefined ? '' : await report(failure[0])).toBe('')
  expect(seeds).toBe(count)
}

it('no read gives what it must not: seeds that are always the same', async () => {
  await check(1, fixed)
}, 600_000)

if (fresh > 0)
  it('no read gives what it must not: seeds of now', async () => {
    const first = 1_000_000 + (Date.now() % 1_000_000_000)
    console.log(`simulator: seeds ${first} to ${first + fresh - 1}`)
    await check(first, fresh)
  }, 600_000)
