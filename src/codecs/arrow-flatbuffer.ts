import { HoldfastError } from '../contracts/errors.ts'

/** What every fault in the bytes of an Arrow file throws. */
export function corruptArrow(what: string): HoldfastError {
  return new HoldfastError('ERR_CORRUPT', `Arrow data: ${what}. The entry cannot be read.`)
}

/** A table of a flatbuffer, within bounds. */
export interface FlatTable {
  readonly position: number
  readonly fields: number
  readonly fieldCount: number
  readonly size: number
}

/** A vector of a flatbuffer, within bounds. */
export interface FlatVector {
  readonly start: number
  readonly length: number
}

/**
 * Reads a flatbuffer (the metadata of Arrow files) that may be hostile. The flatbuffers package checks nothing: a wild
 * length makes it loop or allocate for minutes, so what it will read is walked here first.
 * All that is visited is counted against the size of the bytes, since tables may share parts: without that, a kilobyte can
 * describe 2^60 columns.
 * Layout: https://flatbuffers.dev/internals/
 */
export class Flatbuffer {
  readonly #view: DataView
  #budget: number

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#budget = 2 * bytes.byteLength
  }

  get root(): FlatTable {
    return this.#table(this.#target(0))
  }

  /** Position of the scalar or struct that is field `id`; undefined where the table leaves it out. */
  find(table: FlatTable, id: number, size: number): number | undefined {
    if (id >= table.fieldCount) return undefined
    const offset = this.#view.getUint16(table.fields + 2 * id, true)
    if (offset === 0) return undefined
    if (offset + size > table.size) throw corruptArrow('its metadata points outside a record')
    return table.position + offset
  }

  uint8(table: FlatTable, id: number): number {
    const position = this.find(table, id, 1)
    return position === undefined ? 0 : this.#view.getUint8(position)
  }

  int16(table: FlatTable, id: number): number {
    const position = this.find(table, id, 2)
    return position === undefined ? 0 : this.#view.getInt16(position, true)
  }

  /** A 64-bit field that holds a size: 0 where left out. */
  size(table: FlatTable, id: number): number {
    const position = this.find(table, id, 8)
    return position === undefined ? 0 : this.sizeAt(position)
  }

  /** A 64-bit integer that must be a size, within a vector that was checked. */
  sizeAt(position: number): number {
    const low = this.#view.getUint32(position, true)
    const high = this.#view.getUint32(position + 4, true)
    if (high >= 0x20_0000) throw corruptArrow('a size is negative or absurd')
    return high * 0x1_0000_0000 + low
  }

  int32At(position: number): number {
    return this.#view.getInt32(position, true)
  }

  table(table: FlatTable, id: number): FlatTable | undefined {
    const position = this.find(table, id, 4)
    return position === undefined ? undefined : this.#table(this.#target(position))
  }

  vector(table: FlatTable, id: number, elementSize: number): FlatVector {
    const position = this.find(table, id, 4)
    return position === undefined
      ? { start: 0, length: 0 }
      : this.#vector(this.#target(position), elementSize)
  }

  tables(table: FlatTable, id: number): FlatTable[] {
    const { start, length } = this.vector(table, id, 4)
    return Array.from({ length }, (_, index) => this.#table(this.#target(start + 4 * index)))
  }

  text(table: FlatTable, id: number): string {
    const { start, length } = this.vector(table, id, 1)
    const { buffer, byteOffset } = this.#view
    return Buffer.from(buffer as ArrayBuffer, byteOffset + start, length).toString('utf8')
  }

  #target(position: number): number {
    this.#check(position, 4)
    return position + this.#view.getUint32(position, true)
  }

  #table(position: number): FlatTable {
    this.#check(position, 4)
    const fields = position - this.#view.getInt32(position, true)
    this.#check(fields, 4)
    const fieldsSize = this.#view.getUint16(fields, true)
    const size = this.#view.getUint16(fields + 2, true)
    this.#check(fields, fieldsSize)
    this.#check(position, size)
    // Of an odd size others read one field more, and above 32,767 a negative number.
    if (fieldsSize < 4 || fieldsSize % 2 !== 0 || size < 4 || size > 0x7fff)
      throw corruptArrow('the size of a record of its metadata is wrong')
    this.#spend(size)
    return { position, fields: fields + 4, fieldCount: (fieldsSize - 4) >> 1, size }
  }

  #vector(position: number, elementSize: number): FlatVector {
    this.#check(position, 4)
    const length = this.#view.getUint32(position, true)
    this.#check(position + 4, length * elementSize)
    this.#spend(4 + length * elementSize)
    return { start: position + 4, length }
  }

  #check(position: number, length: number): void {
    if (position < 0 || position + length > this.#view.byteLength)
      throw corruptArrow('its metadata points outside its bytes')
  }

  #spend(bytes: number): void {
    this.#budget -= bytes
    if (this.#budget < 0) throw corruptArrow('its metadata describes more than it has bytes for')
  }
}
