import { describe, expect, it } from 'vitest'
import { Keyring } from '../../src/frame/keyring.ts'

const first = { id: Uint8Array.of(0, 0xff, 0x80, 3, 4, 5, 6, 7), name: 'first' }
const second = { id: Uint8Array.of(0, 0xff, 0x81, 3, 4, 5, 6, 7), name: 'second' }
const third = { id: new Uint8Array(8), name: 'third' }

describe('a keyring', () => {
  const keys = new Keyring(first, [second])

  it('writes with the current key and finds each by its id', () => {
    expect(keys.current).toBe(first)
    expect(keys.find(Uint8Array.from(first.id))).toBe(first)
    expect(keys.find(Buffer.from(second.id))).toBe(second)
  })

  it('finds an id that is a part of a larger buffer', () => {
    const large = Buffer.concat([Buffer.alloc(3, 9), second.id, Buffer.alloc(3, 9)])
    expect(keys.find(large.subarray(3, 11))).toBe(second)
  })

  it('finds no other id, and none of another length', () => {
    expect(keys.find(third.id)).toBeUndefined()
    expect(keys.find(new Uint8Array(0))).toBeUndefined()
    expect(keys.find(first.id.subarray(0, 7))).toBeUndefined()
    expect(keys.find(Uint8Array.from([...first.id, 0]))).toBeUndefined()
  })
})
