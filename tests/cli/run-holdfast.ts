import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** What a run of the command left behind. */
export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly error: string
}

const program = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js')

/** Runs the built `holdfast` as a process of its own, as a user would. */
export function runHoldfast(
  args: readonly string[],
  options: { readonly cwd?: string; readonly home?: string } = {},
): Finished {
  const env: NodeJS.ProcessEnv = { ...process.env, XDG_CACHE_HOME: options.home }
  // What the test runner and npm set would change what is printed.
  for (const name of ['NO_COLOR', 'FORCE_COLOR', 'npm_lifecycle_event']) delete env[name]
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    timeout: 25_000,
    env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  if (error) throw error
  return { code: status, out: stdout, error: stderr }
}
