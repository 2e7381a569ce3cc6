import type { Item } from './item.ts'
import type { Mark } from './markers.ts'

/** A write that the backend has missed. */
export type Op =
  | { readonly kind: 'item'; readonly item: Item }
  | { readonly kind: 'delete'; readonly id: string; readonly at: number }
  | { readonly kind: 'mark'; readonly mark: Mark }
  | { readonly kind: 'sign' }

export type EntryOp = Extract<Op, { readonly kind: 'item' | 'delete' }>

/** What is left to do of an item that another node has outdated: it must not be found, should a late call still bring it. */
export function removalOf({ createdAt, id }: Item): Op {
  return { kind: 'delete', id, at: createdAt }
}

export function stampOf(op: EntryOp): number {
  return op.kind === 'item' ? op.item.createdAt : op.at
}

/** The id of the entry that an op is about: a long one cannot be had from the key that it is stored under. */
export function idOf(op: EntryOp): string {
  return op.kind === 'item' ? op.item.id : op.id
}

/** Whether what waits to be written is what a read had found. */
export function isSeen(op: Op, seen: Item | undefined): boolean {
  if (op.kind !== 'item') return op.kind === 'delete' && seen === undefined
  return op.item.createdAt === seen?.createdAt && op.item.node === seen.node
}

/** Another node has written the same entry while a write was being tried again. */
export const outdatedWrite: Error = Object.assign(new Error('outdated'), { permanent: true })
