import { memoryBackend } from '../../../src/backends/memory.ts'
import { type Clock, disk, memory, type Tier, tier } from '../../../src/index.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

export type TiersOf = (clock: Clock) => readonly Tier[]

const inMemory: TiersOf = () => [memory()]
const onDisk: TiersOf = () => [disk({ directory: temporaryDirectory() })]
const inBoth: TiersOf = () => [memory(), disk({ directory: temporaryDirectory() })]
const remote: TiersOf = (clock) => [
  memory(),
  tier(memoryBackend({ clock, isRemote: true }), { name: 'remote' }),
]

/** The tiers that the races are tried on. */
export const raceForms: readonly (readonly [string, TiersOf])[] = [
  ['memory', inMemory],
  ['memory and disk', inBoth],
]

/** The tiers that every verb is tried on. */
export const allForms: readonly (readonly [string, TiersOf])[] = [
  ...raceForms,
  ['disk', onDisk],
  ['memory and remote', remote],
]
