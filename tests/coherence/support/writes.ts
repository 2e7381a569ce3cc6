import { defaultSetOptions } from '../../../src/disk/set-options.ts'
import type { StoredKey } from '../../../src/disk/stored-key.ts'
import { VersionFile } from '../../../src/disk/version-file.ts'
import { frames } from './frames.ts'
import type { Process } from './process.ts'
import { pageDescriptor } from './scripted-file.ts'
import { otherKey, readKey } from './world.ts'

/** One write. Writes take turns by their values, the first has 1. */
export interface Write {
  readonly name: string
  readonly value: number
  /** What the entry that is read is afterwards; `nothing` new where it is as before. */
  readonly leaves: 'value' | 'absence' | 'nothing'
  readonly work: (process: Process, value: number) => void
}

export type Kind = Omit<Write, 'value'>

/** Stored within a transaction that leaves something else behind. */
const neverCommitted = 7

export const set: Kind = kind('set', 'value', ({ writer }, value) => store(writer, readKey, value))

export const setOther: Kind = kind('set other', 'nothing', ({ writer }, value) =>
  store(writer, otherKey, value),
)

/** Stores, and reads what is not committed yet: a read that must keep nothing. */
export const transact: Kind = kind('transact', 'value', (process, value) =>
  process.transactions.transact(() => {
    store(process.writer, readKey, value)
    hideOwn(process)
  }),
)

export const rollBack: Kind = kind('rollback', 'nothing', (process, value) => {
  abandoned(process, () => {
    store(process.writer, readKey, value)
    hideOwn(process)
  })
})

/** Stores in an inner transaction that fails, and commits something else. */
export const rollBackInner: Kind = kind('inner rollback', 'nothing', (process, value) =>
  process.transactions.transact(() => {
    store(process.writer, otherKey, value)
    abandoned(process, () => store(process.writer, readKey, value))
  }),
)

export const remove: Kind = kind(
  'remove',
  'absence',
  ({ writer }) => void writer.remove('delete', readKey),
)

export const storeAndRemove: Kind = kind(
  'store and remove',
  'absence',
  ({ transactions, writer }) =>
    transactions.transact(() => {
      store(writer, readKey, neverCommitted)
      writer.remove('delete', readKey)
    }),
)

export const clear: Kind = kind('clear', 'absence', ({ writer }) => void writer.clear())

export const storeAndClear: Kind = kind('store and clear', 'absence', ({ transactions, writer }) =>
  transactions.transact(() => {
    store(writer, readKey, neverCommitted)
    writer.clear()
  }),
)

export const clearAndStore: Kind = kind(
  'clear and store',
  'value',
  ({ transactions, writer }, value) =>
    transactions.transact(() => {
      writer.clear()
      store(writer, readKey, value)
    }),
)

/** Puts another page in the place of the first, as `PageFile.create` does; it writes no entry. */
export const replacePage: Kind = kind(
  'replace page',
  'nothing',
  ({ connection, script, transactions }) =>
    transactions.write('attach', () => {
      new VersionFile(pageDescriptor, () => {}).retire()
      script.step('rename', () => {
        script.world.file = 1
        return 0
      })
      connection.run('INSERT INTO settings')
    }),
)

function kind(name: string, leaves: Kind['leaves'], work: Kind['work']): Kind {
  return { name, leaves, work }
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
