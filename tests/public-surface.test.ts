import { describe, expect, it } from 'vitest'
import * as holdfast from '../src/index.ts'
import * as migrating from '../src/migrate/index.ts'
import * as testing from '../src/testing/index.ts'

describe('the exports of the package', () => {
  it('are these, and nothing slips in or out unseen', () => {
    expect(Object.keys(holdfast).sort()).toEqual([
      'Cache',
      'DiskCache',
      'DiskIndex',
      'HoldfastError',
      'MemoryStore',
      'NotFound',
      'ShardedDiskCache',
      'ShardedDiskIndex',
      'arrow',
      'auto',
      'classCodec',
      'contentOf',
      'createCache',
      'decryptReason',
      'defineCodec',
      'describeKey',
      'disk',
      'diskBackend',
      'encryption',
      'errorCodes',
      'isHoldfastError',
      'json',
      'keyId',
      'memory',
      'memoryBackend',
      'memoryBus',
      'msgpack',
      'parquet',
      'presets',
      'raw',
      'signing',
      'structured',
      'systemClock',
      'tier',
      'typedArray',
    ])
  })

  it('of holdfast/testing are these', () => {
    expect(Object.keys(testing).sort()).toEqual([
      'backendSuite',
      'busSuite',
      'codecSuite',
      'faultyBackend',
      'faultyBus',
      'manualClock',
    ])
  })

  it('of holdfast/migrate are these', () => {
    expect(Object.keys(migrating).sort()).toEqual(['migrate'])
  })

  it('have no default', () => {
    expect('default' in holdfast).toBe(false)
    expect('default' in testing).toBe(false)
  })
})
