import { expect, it } from 'vitest'
import { memory } from '../../src/index.ts'
import { openCache } from './support/caches.ts'

it('a schema that is given with each call looks at an entry once', async () => {
  const { cache } = openCache({ tiers: [memory({ share: 'frozen' })] })
  let looks = 0
  const schema = {
    '~standard': {
      version: 1 as const,
      vendor: 'test',
      validate: (value: unknown) => {
        looks += 1
        return { value }
      },
    },
  }
  await cache.set('a', { b: 1 })
  for (let turn = 0; turn < 10; turn += 1)
    expect(await cache.getOrSet('a', () => ({ b: 2 }), { schema, ttl: '1h' })).toEqual({ b: 1 })
  expect(looks).toBe(1)
  await cache.set('a', { b: 3 })
  await cache.getOrSet('a', () => ({ b: 2 }), { schema, ttl: '1h' })
  expect(looks).toBe(2)
})
