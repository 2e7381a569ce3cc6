import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CliError, usageError } from './cli-error.ts'
import { parseCommandArguments, parseCount } from './command-arguments.ts'
import { userCacheDirectory } from './user-cache-directory.ts'

/** The command line of `holdfast demo`, resolved. */
export interface DemoOptions {
  readonly root: string
  readonly cacheDirectory: string
  readonly fresh: boolean
  readonly limit: number
  readonly json: boolean
}

/** Files taken unless `--limit` says otherwise: a first run of seconds, not minutes. */
export const defaultLimit = 10_000

/**
 * Resolves the arguments after `holdfast demo`.
 * @throws CliError
 */
export function parseDemoOptions(args: readonly string[]): DemoOptions {
  const { values, positionals } = parseCommandArguments('demo', {
    args: [...args],
    allowPositionals: true,
    options: {
      cache: { type: 'string' },
      fresh: { type: 'boolean', default: false },
      limit: { type: 'string', default: String(defaultLimit) },
      json: { type: 'boolean', default: false },
    },
  })
  if (positionals.length > 1) throw usageError(`one folder at a time, not ${positionals.length}`)
  const cache = values.cache ?? userCacheDirectory('demo')
  if (cache === '') throw usageError('--cache wants a folder')
  return {
    root: resolve(positionals[0] ?? nearestNodeModules()),
    cacheDirectory: resolve(cache),
    fresh: values.fresh,
    limit: parseCount('--limit', values.limit),
    json: values.json,
  }
}

/** The `node_modules` that Node would look into first: thousands of real files that every project has. */
function nearestNodeModules(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules')
    if (existsSync(candidate)) return candidate
    if (folder === dirname(folder)) {
      throw new CliError('there is no node_modules here; name a folder: holdfast demo DIR')
    }
  }
}
