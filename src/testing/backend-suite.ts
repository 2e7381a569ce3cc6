import assert from 'node:assert/strict'
import type { Backend } from '../contracts/backend.ts'
import { callCases } from './backend-suite-calls.ts'
import { expiryCases } from './backend-suite-expiry.ts'
import { keyCases } from './backend-suite-keys.ts'
import { leaseCases } from './backend-suite-leases.ts'
import { recordCases } from './backend-suite-records.ts'
import { sharingCases } from './backend-suite-sharing.ts'
import { swapCases } from './backend-suite-swap.ts'
import { type BackendCapability, type OpenedBackend, Trial } from './backend-trial.ts'
import type { ManualClock } from './manual-clock.ts'
import type { SuiteCase } from './suite-case.ts'

/** For {@link backendSuite}. */
export interface BackendSuiteOptions {
  /**
   * Opens a client, for one case; where clients can share a store, each call opens another one of the same store. `close` ends the
   * client and what was opened for it: the suite may have closed the backend before.
   */
  readonly open: () => Promise<OpenedBackend>
  /** The clock that the store goes by, if it is one that can be advanced. @default real time, and the suite waits */
  readonly clock?: ManualClock | undefined
  /**
   * By how many milliseconds a record may end earlier or later than it should, and a lease too: 1,000 for a store that knows
   * seconds only. @default 0 with a clock, 50 without
   */
  readonly precision?: number | undefined
  /** What the backend does not have: there are no cases of these. What it lacks and is not named here fails. @default nothing */
  readonly lacks?: readonly BackendCapability[] | undefined
}

/** One case of a suite, before it is known what is tested. */
export interface BackendCheck {
  readonly name: string
  /** What is tested, if a backend may be without. */
  readonly needs?: BackendCapability
  readonly run: (trial: Trial) => Promise<void>
}

/**
 * What every backend must do, as tests for whatever runs yours: records come back as they were put in, under keys of every kind,
 * until they end; what several clients do at once is atomic where the contract says so; leases exclude each other; and what is
 * aborted or closed ends with an error instead of never.
 *
 * Keys are of the suite's own, but for a few of one character, which are taken away again. Give it a store that may be written to:
 * it leaves some records behind.
 * @example
 * const store = new MemoryStore({ clock })
 * const open = async () => {
 *   const backend = memoryBackend({ store })
 *   return { backend, close: () => backend.close() }
 * }
 * for (const { name, run } of backendSuite({ open, clock })) test(name, run)
 */
export function backendSuite(options: BackendSuiteOptions): readonly SuiteCase[] {
  const { open, clock, lacks = [] } = options
  const { precision = clock === undefined ? 50 : 0 } = options
  const checks: readonly BackendCheck[] = [
    { name: 'has what it is said to have', run: (trial) => hasAll(trial, lacks) },
    ...recordCases,
    ...keyCases,
    ...expiryCases,
    ...callCases,
    ...leaseCases,
    ...swapCases,
    ...sharingCases,
  ]
  return checks
    .filter(({ needs }) => needs === undefined || !lacks.includes(needs))
    .map(({ name, run }) => ({
      name,
      run: () => Trial.run({ open, clock, precision }, run),
    }))
}

const capabilities = ['setMany', 'swap', 'deleteMany', 'clear', 'leases', 'now', 'sizeOf'] as const

async function hasAll({ backend }: Trial, lacks: readonly string[]): Promise<void> {
  assert.match(backend.kind, /^[a-z][a-z0-9-]*$/, 'its kind, as names of tiers are made of it')
  assert.equal(typeof backend.isRemote, 'boolean')
  for (const name of capabilities) {
    const isThere = (backend as { readonly [name in keyof Backend]?: unknown })[name] !== undefined
    assert.equal(
      isThere,
      !lacks.includes(name),
      isThere
        ? `'${name}' is there, and 'lacks' names it`
        : `'${name}' is not there: add it to 'lacks'`,
    )
  }
  // What other processes see, another client can look at.
  assert.equal(
    backend.isShared && lacks.includes('sharing'),
    false,
    "it is shared: 'sharing' is not lacking",
  )
}
