import type { Item } from './item.ts'
import type { Mark } from './markers.ts'

/** A write that the backend has missed. */
export type Op =
  | { readonly kind: 'item'; readonly item: Item }
  | { readonly kind: 'delete'; readonly at: number }
  | { readonly kind: 'mark'; readonly mark: Mark }
  | { readonly kind: 'sign' }

export type EntryOp = Extract<Op, { readonly kind: 'item' | 'delete' }>

/** What is left to do of an item that another node has outdated: it must not be found, should a late call still bring it. */
export function removalOf({ createdAt }: Item): Op {
  return { kind: 'delete', at: createdAt }
}

export function stampOf(op: EntryOp): number {
  return op.kind === 'item' ? op.item.createdAt : op.at
}

/** Whether what waits to be written is what a read had found. */
export function isSeen(op: Op, seen: Item | undefined): boolean {
  if (op.kind !== 'item') return op.kind === 'delete' && seen === undefined
  return op.item.createdAt === seen?.createdAt && op.item.node === seen.node
}

/** Another node has written the same entry while a write was being tried again. */
export const outdatedWrite: Error = Object.assign(new Error('outdated'), { permanent: true })
