import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** A folder of this user for things that may be deleted at any time. A relative XDG_CACHE_HOME is invalid and ignored. */
export function userCacheDirectory(...names: string[]): string {
  const base = process.env['XDG_CACHE_HOME']
  const root = base && isAbsolute(base) ? base : join(homedir(), '.cache')
  return join(root, 'holdfast', ...names)
}
