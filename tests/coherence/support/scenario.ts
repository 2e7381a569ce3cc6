import { defaultSetOptions } from '../../../src/disk/set-options.ts'
import type { StoredKey } from '../../../src/disk/stored-key.ts'
import { frames } from './frames.ts'
import type { Parts, Process } from './process.ts'
import { otherKey, readKey } from './world.ts'

/** One write. Writes take turns by their values, the first has 1. */
export interface Write {
  readonly name: string
  readonly value: number
  /** Whether there is no entry afterwards. */
  readonly isRemoval: boolean
  readonly work: (process: Process, value: number) => void
}

export interface Actor {
  readonly writes: readonly Write[]
  /** Whether it reads, any number of times; a number where it cannot map the page, since then it is never as before. */
  readonly reads: boolean | number
  readonly isMapped: boolean
}

export interface Scenario {
  readonly actors: readonly Actor[]
  /** Whether statements that find the write lock taken say so. */
  readonly saysBusy?: boolean
  readonly parts?: Partial<Parts>
}

type Kind = Omit<Write, 'value'>

/** A process that only reads. */
export const reader: Actor = { writes: [], reads: true, isMapped: true }

/** Processes that write, each once, in this order. */
export function writers(...kinds: Kind[]): Actor[] {
  return kinds.map((kind, index) => ({
    writes: [{ ...kind, value: index + 1 }],
    reads: false,
    isMapped: true,
  }))
}

export const set: Kind = change('set', ({ writer }, value) => store(writer, readKey, value))

export const setOther: Kind = change('set other', ({ writer }, value) =>
  store(writer, otherKey, value),
)

/** Stores, and reads what is not committed yet: a read that must keep nothing. */
export const transact: Kind = change('transact', (process, value) =>
  process.transactions.transact(() => {
    store(process.writer, readKey, value)
    hideOwn(process)
  }),
)

export const rollBack: Kind = change('rollback', (process, value) => {
  abandoned(process, () => {
    store(process.writer, readKey, value)
    hideOwn(process)
  })
})

/** Stores in an inner transaction that fails, and commits something else. */
export const rollBackInner: Kind = change('inner rollback', (process, value) =>
  process.transactions.transact(() => {
    store(process.writer, otherKey, value)
    abandoned(process, () => store(process.writer, readKey, value))
  }),
)

export const remove: Kind = removal('remove', ({ writer }) => writer.remove('delete', readKey))

export const clear: Kind = removal('clear', ({ writer }) => writer.clear())

/** Removes all, and stores anew. */
export const refill: Kind = change('refill', (process, value) =>
  process.transactions.transact(() => {
    process.writer.clear()
    store(process.writer, readKey, value)
  }),
)

function change(name: string, work: Kind['work']): Kind {
  return { name, isRemoval: false, work }
}

function removal(name: string, work: Kind['work']): Kind {
  return { name, isRemoval: true, work }
}

function store(writer: Process['writer'], key: StoredKey, value: number): void {
  const frame = frames[value] as Uint8Array
  const prepared = { codec: 0, size: 1, value: frame, digest: undefined, adopted: true }
  writer.store('set', key, prepared, defaultSetOptions(Number.POSITIVE_INFINITY, 0))
}

const failed = new Error('the work of a transaction failed')

function abandoned({ transactions }: Process, work: () => void): void {
  try {
    transactions.transact(() => {
      work()
      throw failed
    })
  } catch (error) {
    if (error !== failed) throw error
  }
}

function hideOwn(process: Process): void {
  if (process.get() !== undefined) throw new Error('an open transaction had a hot hit')
}
