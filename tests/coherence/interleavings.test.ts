import { describe, expect, it, vi } from 'vitest'
import { explore } from './support/explore.ts'
import {
  clear, reader, refill, remove, rollBack, rollBackInner, type Scenario, set, setOther, transact, writers,
} from './support/scenario.ts'

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

const scenarios: Record<string, Scenario> = {
  same2: { actors: [...writers(set, set), reader] },
  other2: { actors: [...writers(set, setOther), reader] },
  transact: { actors: [...writers(transact, set), reader] },
  rollback: { actors: [...writers(rollBack, set), reader] },
  inner: { actors: [...writers(rollBackInner, set), reader] },
  remove: { actors: [...writers(remove, set), reader] },
  clear: { actors: [...writers(clear, set), reader] },
  refill: { actors: [...writers(refill, set), reader] },
  same3: { actors: [...writers(set, set, set), reader] },
}

describe('every order of the steps', () => {
  it.each(Object.entries(scenarios))('%s', (name, scenario) => {
    const start = performance.now()
    const { states, hits, trace } = explore(scenario)
    console.log(name, states, hits, Math.round(performance.now() - start), trace)
    expect(trace).toBeUndefined()
  })
})
