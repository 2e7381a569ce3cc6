import { readFileSync } from 'node:fs'
import type { Operation } from './object-model.ts'
import { code, fields } from './record.mjs'

/** More than any store of the check has. */
const mostObjects = 1_024

/** The log of one client in one round. */
export interface ClientLog {
  readonly client: number
  readonly path: string
  /** When its process was seen to be gone; `undefined` if it ended the round by itself. */
  gone: number | undefined
  /** The same by the wall clock. */
  wallGone: number
}

/** Adds what a log tells to `histories`, by object. */
export function readLog(log: ClientLog, histories: Operation[][]): void {
  const rows = rowsOf(log.path)
  const open = new Map<number, Operation>()
  for (let at = 0; at + fields.length <= rows.length; at += fields.length) {
    const operation = toOperation(rows, at, log.client)
    const id = operation.operation * mostObjects + operation.object
    if (Number.isNaN(operation.end)) open.set(id, operation)
    else {
      if (open.size > 0) open.delete(id)
      if (operation.code !== code.failed) histories[operation.object]?.push(operation)
    }
  }
  for (const operation of open.values()) {
    // Nothing is known of a read that did not end.
    if (operation.code === code.read) continue
    if (log.gone === undefined)
      throw new Error(`client ${log.client} lives and left a call open: ${log.path}`)
    const { gone: end, wallGone: wallEnd } = log
    histories[operation.object]?.push({ ...operation, end, wallEnd, isOptional: true })
  }
}

/** In the order of `fields`. */
function toOperation(rows: Float64Array, at: number, client: number): Operation {
  const field = (index: number) => rows[at + index] as number
  return {
    code: field(0),
    client,
    operation: field(1),
    object: field(2),
    expect: field(3),
    second: field(4),
    result: field(5),
    written: field(6),
    tags: field(7),
    expires: field(8),
    start: field(9),
    end: field(10),
    wallStart: field(11),
    wallEnd: field(12),
    isOptional: false,
  }
}

/** Whole records: the last one of a killed client may be cut off. */
function rowsOf(path: string): Float64Array {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    // It was killed before it began.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Float64Array(0)
    throw error
  }
  const rows = new Float64Array(Math.floor(bytes.length / 8))
  new Uint8Array(rows.buffer).set(bytes.subarray(0, rows.length * 8))
  return rows
}
