import { tableFromArrays } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { auto } from '../../src/codecs/auto.ts'
import { classCodec } from '../../src/codecs/class-codec.ts'
import { errorOf } from '../support/code-of.ts'
import { encoded, roundTrip } from './support/coding.ts'

/** A class whose instances hold anything. */
class Box {
  readonly content: unknown
  constructor(content: unknown) {
    this.content = content
  }
}

const boxes = classCodec({
  id: 'test.box',
  class: Box,
  encode: ({ content }) => ({ content }),
  decode: ({ content }) => new Box(content),
})
const codec = auto({ classes: [boxes] })

interface Parts {
  a: Box
  b: Box
  list: unknown[]
  map: Map<unknown, unknown>
  self: unknown
}

describe('a graph', () => {
  it('keeps one member that is in many places one', () => {
    const box = new Box(1)
    const shared = new URL('https://a.example')
    const value = { a: box, b: box, list: [shared, shared], map: new Map([[box, shared]]) }
    const back = roundTrip(codec, value) as Parts
    expect(back.a).toBeInstanceOf(Box)
    expect(back.b).toBe(back.a)
    expect(back.list[1]).toBe(back.list[0])
    expect([...back.map]).toEqual([[back.a, back.list[0]]])
    expect([...back.map.keys()][0]).toBe(back.a)
  })

  it('keeps what members share with the rest, and each other', () => {
    const shared = { n: 1 }
    const back = roundTrip(codec, {
      a: new Box(shared),
      b: new Box(new Box(shared)),
      list: [shared],
    }) as Parts
    expect(back.a.content).toBe(back.list[0])
    expect((back.b.content as Box).content).toBe(back.list[0])
  })

  it('keeps cycles, through objects, errors and objects without a prototype', () => {
    const bare = Object.create(null) as Record<string, unknown>
    const error = Object.assign(new Error('x'), { bare })
    bare['error'] = error
    const value: Record<string, unknown> = { bare, error, url: new URL('https://a.example') }
    value['self'] = value
    const back = roundTrip(codec, value) as {
      bare: { error: unknown }
      error: { bare: unknown }
      self: unknown
    }
    expect(back.self).toBe(back)
    expect(back.bare.error).toBe(back.error)
    expect(back.error.bare).toBe(back.bare)
    expect(Object.getPrototypeOf(back.bare)).toBeNull()
  })

  it('keeps an instance that is reached from a part of its own', () => {
    const value: Record<string, unknown> = {}
    value['box'] = new Box(value)
    const back = roundTrip(codec, value) as { box: Box }
    expect(back.box.content).toBe(back)
  })

  it('refuses an instance that is within itself, with the path', () => {
    const content: unknown[] = []
    const box = new Box(content)
    content.push({ box })
    const { code, message } = errorOf(() => encoded(codec, { box }))
    expect(code).toBe('ERR_UNSUPPORTED_VALUE')
    expect(message).toContain('["box"]["content"][0]["box"]')
  })

  it('refuses an encode that never comes to an end', () => {
    const endless = classCodec({
      id: 'test.endless',
      class: Box,
      encode: () => new Box(1),
      decode: () => new Box(1),
    })
    const { code } = errorOf(() => encoded(auto({ classes: [endless] }), [new Box(1)]))
    expect(code).toBe('ERR_UNSUPPORTED_VALUE')
  })

  it('keeps the order of a map and a set whose members it replaces', () => {
    const value = {
      map: new Map<unknown, unknown>([
        [1, 1],
        [new Box(1), 2],
        [3, 3],
      ]),
      set: new Set([1, new Box(2), 3]),
    }
    expect(roundTrip(codec, value)).toStrictEqual(value)
  })

  it('keeps tables within objects', () => {
    const table = tableFromArrays({ a: Int32Array.of(1, 2, 3) })
    const back = roundTrip(auto(), { table, rows: 3 }) as { table: typeof table }
    expect(back.table.toString()).toBe(table.toString())
  })

  it('is not taken where something simpler keeps a value', () => {
    expect(encoded(codec, { a: [1] }).codec).toBe('msgpack')
    expect(encoded(codec, { a: [new Map()] }).codec).toBe('structured')
    expect(encoded(codec, { a: [new Box(1)] }).codec).toBe('graph')
  })

  it('without its classes is an error, not something else', () => {
    const stored = encoded(codec, { a: new Box(1) })
    const graph = auto().members?.find(({ id }) => id === 'graph') ?? codec
    expect(errorOf(() => graph.decode(stored.bytes, stored)).code).toBe('ERR_UNSUPPORTED_VALUE')
  })
})
