import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { mapsAvailable } from '../../src/util/memory-map.ts'
import { nodeVersions } from '../support/node-versions.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { transpiled } from '../support/transpiled.ts'

const programs = join(import.meta.dirname, 'programs')
const { available, reason } = mapsAvailable()
const hasProc = existsSync('/proc/self/maps')
if (!available) console.log(`no memory maps here: ${reason}`)
else if (!hasProc) console.log('what is mapped is read from /proc, which is not here')

let module: string
beforeAll(async () => {
  module = await transpiled('src/util/memory-map.ts')
})

interface Ways {
  readonly flags?: readonly string[]
  readonly shell?: string
  /** The function that maps. */
  readonly how?: string
}

/** Runs a scenario of `programs/memory-map.mjs`. Fails when the process does: a bad touch kills it. */
function run<T>(
  node: string,
  scenario: string,
  { flags = [], shell, how = 'mapPrivate' }: Ways = {},
): T {
  const program = join(programs, 'memory-map.mjs')
  const args = [...flags, program, module, scenario, temporaryDirectory(), how]
  const command = shell === undefined ? [node] : ['sh', '-c', `${shell}; exec "$0" "$@"`, node]
  const [file = '', ...rest] = command
  const child = spawnSync(file, [...rest, ...args], { encoding: 'utf8' })
  if (child.status !== 0) {
    throw new Error(`${scenario} ended with ${child.signal ?? child.status}. ${child.stderr}`)
  }
  return JSON.parse(child.stdout) as T
}

for (const { name, path, missing } of nodeVersions) {
  if (missing) console.log(missing)

  const maps = describe.skipIf(missing !== undefined || !available || !hasProc)

  // What is not counted is collected in larger portions.
  maps.each([
    ['mapPrivate', 1 / 4],
    ['mapUncounted', 1 / 2],
  ])(`maps of %s on ${name}`, (how, alive) => {
    it('go when no view of them is left, and no sooner', () => {
      const result = run(path, 'dropped', { how, flags: ['--expose-gc'] })
      expect(result).toEqual({ missing: 0, left: 40, good: 40 })
    })

    it.each([
      ['many', 'pressure'],
      ['written to', 'writtenPressure'],
    ])('make V8 collect, even in a loop without a pause: %s', (_, scenario) => {
      type Pressed = { rounds: number; readable: number; most: number }
      const flags = ['--require', join(programs, 'little-memory.cjs')]
      const result = run<Pressed>(path, scenario, { how, flags })
      expect(result.readable).toBe(result.rounds)
      expect(result.most).toBeLessThan(result.rounds * alive)
    })

    it('leave room for others in the process', () => {
      type Limits = {
        held: number
        last: number
        threads: number[]
        memory: number
        refused: number
      }
      const result = run<Limits>(path, 'limit', { how, flags: ['--expose-gc'] })
      expect(result.held).toBeGreaterThan(1000)
      expect(result.held).toBeLessThan(16_000)
      expect(result).toMatchObject({ last: 5, threads: [0, 0, 0, 0], memory: 65_536 })
      expect(result.refused).toBeLessThan(300)
    })

    it('go with their thread, whichever way it ends', () => {
      expect(run(path, 'threads', { how })).toEqual({
        return: { good: 50, after: 0 },
        exit: { good: 50, after: 0 },
        terminate: { good: 50, during: 50, after: 0 },
        mine: true,
      })
    })

    it('can be read to the very end of the process', () => {
      expect(run(path, 'atExit', { how })).toEqual({ good: true })
    })
  })

  maps(`uncounted maps on ${name}`, () => {
    it('are no memory to V8', () => {
      type Counted = { size: number; private: number; uncounted: number }
      const { size, ...counted } = run<Counted>(path, 'counted')
      expect(counted.private).toBeGreaterThan(size / 2)
      expect(counted.uncounted).toBeLessThan(size / 64)
    })

    it('are shared with a thread that gets one, and go when both have let go', () => {
      const result = run(path, 'posted', { how: 'mapUncounted', flags: ['--expose-gc'] })
      expect(result).toEqual({ good: true, written: 8, file: 7, left: 0 })
    })
  })

  describe.skipIf(missing !== undefined)(`without maps on ${name}`, () => {
    type Outcome = {
      available: boolean
      reason?: string
      bytes: number | null
      last: number | null
    }
    const outcome = (flags: string[], shell?: string) =>
      run<Outcome>(path, 'available', { flags, ...(shell === undefined ? {} : { shell }) })

    it('there is no koffi', () => {
      const result = outcome(['--require', join(programs, 'koffi-missing.cjs')])
      expect(result).toMatchObject({ available: false, bytes: null })
      expect(result.reason).toMatch(/'koffi' \(npm install koffi\)/)
    })

    it('koffi cannot be loaded', () => {
      const result = outcome(['--require', join(programs, 'koffi-broken.cjs')])
      expect(result).toMatchObject({ available: false, bytes: null })
      expect(result.reason).toMatch(/'koffi' cannot be used here/)
    })

    it('there is no WebAssembly', () => {
      const result = outcome(['--jitless', '--no-warnings'])
      expect(result).toMatchObject({ available: false, bytes: null })
      expect(result.reason).toMatch(/--jitless/)
    })

    // Newer versions of Node notice, and reserve less.
    it('there is little address space: a map or none, and no harm', () => {
      const { bytes, last } = outcome([], 'ulimit -v 8000000')
      expect([null, 100_000]).toContain(bytes)
      expect(last).toBe(bytes === null ? null : 7)
    })
  })
}
