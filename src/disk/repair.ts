import { HoldfastError } from '../contracts/errors.ts'
import { announced } from './coherence.ts'
import type { Engine } from './engine.ts'

/** Removes the row of a damaged value, if it still names that file or holds those bytes. @returns whether it did. */
export function removeDamaged(
  engine: Engine,
  key: Uint8Array,
  id: number,
  damaged: string | Uint8Array,
): boolean {
  const column = typeof damaged === 'string' ? 'file' : 'value'
  return removeRow(engine, key, `id = ? AND ${column} = ?`, id, damaged)
}

/** Removes a row that was not written by who holds the key, if it still has that signature. */
export function removeForged(
  engine: Engine,
  key: Uint8Array,
  id: number,
  signature: Uint8Array,
): void {
  removeRow(engine, key, 'id = ? AND signature = ?', id, signature)
}

function removeRow(
  { options, transactions }: Engine,
  key: Uint8Array,
  where: string,
  id: number,
  seen: string | Uint8Array,
): boolean {
  if (options.readonly) return false
  try {
    transactions.touch(key)
    const sql = `DELETE FROM entries WHERE ${where} AND ${announced} = 0`
    return transactions.run('repair', sql, id, seen) === 1
  } catch (error) {
    // The read that found the damage is a miss in any case; the next one, or check(), repairs.
    if (error instanceof HoldfastError) return false
    throw error
  }
}
