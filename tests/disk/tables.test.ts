import { Table, tableFromArrays } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { arrow, auto, classCodec, type DiskCacheOptions, parquet } from '../../src/index.ts'
import { openCache } from './support/forms.ts'

const table = tableFromArrays({
  id: Int32Array.from({ length: 50_000 }, (_, index) => index),
  price: Float64Array.from({ length: 50_000 }, (_, index) => 100 + (index % 500) / 8),
  name: Array.from({ length: 50_000 }, (_, index) => `row ${index % 100}`),
})

describe('Arrow tables in a store', () => {
  it.each<[string, DiskCacheOptions]>([
    ['by themselves', {}],
    ['compressed by the codec', { codec: arrow({ compression: 'lz4' }) }],
    ['compressed by the store', { compress: { algorithm: 'gzip', level: 1 } }],
    ['as Parquet', { codec: parquet({ compression: 'snappy' }) }],
    ['inline', { inlineBytes: '100MiB' }],
  ])('come back as tables: %s', (_, options) => {
    const cache = openCache(options)
    cache.set('prices', table)
    const found = cache.get<Table>('prices')
    expect(found).toBeInstanceOf(Table)
    expect(found?.numRows).toBe(50_000)
    expect(found?.get(49_999)?.toJSON()).toEqual(table.get(49_999)?.toJSON())
    expect(found?.toArray().slice(-3).map(String)).toEqual(table.toArray().slice(-3).map(String))
    expect(cache.check({ verify: true }).problems).toEqual([])
  })

  it('take less room where they are compressed', () => {
    const sizes = [arrow(), arrow({ compression: 'lz4' }), parquet()].map((codec) => {
      const cache = openCache({ codec })
      cache.set('prices', table)
      return cache.bytes()
    })
    expect(sizes[1]).toBeLessThan((sizes[0] as number) * 0.8)
    expect(sizes[2]).toBeLessThan((sizes[0] as number) * 0.8)
  })

  it('come back within objects too', () => {
    class Report {
      readonly title: string
      constructor(title: string) {
        this.title = title
      }
    }
    const report = classCodec({
      id: 'report',
      version: 1,
      class: Report,
      encode: ({ title }) => ({ title }),
      decode: ({ title }) => new Report(title),
    })
    const cache = openCache({ codec: auto({ classes: [report] }) })
    cache.set('a', { table, report: new Report('prices'), link: new URL('https://example.org/') })
    const found = cache.get<{ table: Table; report: Report; link: URL }>('a')
    expect(found?.table.numRows).toBe(50_000)
    expect(found?.report).toEqual(new Report('prices'))
    expect(found?.report).toBeInstanceOf(Report)
    expect(found?.link.href).toBe('https://example.org/')
  })
})
