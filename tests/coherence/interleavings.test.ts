import { describe, expect, it, vi } from 'vitest'
import { patience, torture } from '../support/torture.ts'
import { type Exploration, explore } from './support/explore.ts'
import { plantedBugs } from './support/planted-bugs.ts'
import { valuesOf } from './support/scenario.ts'
import { longScenarios, scenarios } from './support/scenarios.ts'

/*
 * The order of steps by which hot entries stay true (decision 0018), tried in every interleaving. What runs is the store's
 * own code. Doubles stand only for what processes share, memory and database, because there a step of one process has to
 * end, and another one's begin, wherever the test wants it; so no process is started here. Memory is taken to be sequentially
 * consistent.
 */

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const { scriptedFile } = await import('./support/scripted-file.ts')
  return { ...fs, ...scriptedFile(fs) }
})

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  const { scriptedChance } = await import('./support/scripted-file.ts')
  return { ...crypto, ...scriptedChance(crypto) }
})

const usual = ['same', 'other', 'clear', 'own', 'ownThenClear', 'unmappedSecond']

describe('no order of steps makes a hot hit stale', { timeout: patience }, () => {
  const chosen = torture(scenarios, { ...scenarios, ...longScenarios })

  it.each(Object.entries(chosen))('%s', (_, scenario) => {
    const { hits, trace } = explore(scenario)
    expect(trace).toBeUndefined()
    expect(hits).toEqual(valuesOf(scenario))
  })
})

describe('the search finds what is wrong', { timeout: patience }, () => {
  it.each([
    ['noFirstBump', 'same'],
    ['noSecondBump', 'same'],
    // Somebody dies after his commit, and another one's release says that nobody writes.
    ['noEpoch', 'other'],
    ['claimAfterFirstBump', 'same'],
    ['releaseBeforeSecondBump', 'same'],
    ['releaseOfAnyone', 'same'],
    ['releaseWithoutLock', 'unmappedFirst'],
    ['noWriterCheck', 'same'],
    ['noWriterCheck', 'other'],
    ['lateTicket', 'same'],
    ['noReaderSeesRetirement', 'replacedForWriter'],
    ['noWriterSeesRetirement', 'replacedForReader'],
    ['noFirstEpochForAll', 'clear'],
    ['noSecondEpochForAll', 'clear'],
    ['lateSettledEpoch', 'ownThenClear'],
    // Each of the two alone would do for what others write to the same slot; see below.
    ['alwaysSettledNoEpoch', 'own'],
    // It does not ask whether the page was replaced either.
    ['alwaysSettled', 'ownReplaced'],
    ['keepsInnerRollback', 'ownRollBackInner'],
    ['keepsWhatWasRemoved', 'ownStoreAndRemove'],
    ['keepsUncommitted', 'ownUnmappedRollBack'],
    ['neverRefreshed', 'ownUnmapped'],
  ])('%s, in %s', (bug, name) => {
    const { trace } = withBug(bug, name)
    expect(trace?.at(-1)).toMatch(/: hit \d, /)
  })

  // What these leave out saves room or is a second line of defence; should one be caught some day, it has become needed.
  it.each([
    ['epochAfterClaim', 'who dies between the two has a token that the next writer finds'],
    ['writerCheckFirst', 'it only has to come after the row'],
    ['noSecondVersion', 'an entry has the version of before the row, so it is void already'],
    ['noSecondEpoch', 'as with the version'],
    ['alwaysSettled', 'who comes between finds a token, and the epoch makes the entry void'],
  ])('%s does no harm: %s', (bug) => {
    for (const name of usual) {
      const { trace } = withBug(bug, name)
      expect(trace).toBeUndefined()
    }
  })
})

function withBug(bug: string, name: string): Exploration {
  const [scenario, parts] = [scenarios[name], plantedBugs[bug]]
  if (scenario === undefined || parts === undefined) throw new Error(`no ${name} or ${bug}`)
  return explore({ ...scenario, parts })
}
