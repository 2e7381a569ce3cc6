import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'

/**
 * A private volume of `size` (as `mount` spells it, `12m`) that is unmounted when the test ends. Where it cannot be
 * mounted the test is skipped with the reason.
 */
export function tmpfs(context: TestContext, size: string): string {
  if (process.platform !== 'linux') context.skip('a volume of a given size needs Linux (tmpfs)')
  if (process.getuid?.() !== 0) context.skip('mounting a volume of a given size needs root')
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-volume-'))
  const mount = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    `size=${size},mode=0700`,
    'tmpfs',
    directory,
  ])
  if (mount.status !== 0) {
    rmdirSync(directory)
    context.skip(`tmpfs cannot be mounted here: ${mount.stderr?.toString().trim()}`)
  }
  onTestFinished(() => {
    // Lazily: the SQLite driver of Node 20 keeps its files open until its connection is collected.
    spawnSync('umount', ['-l', directory])
    rmdirSync(directory)
  })
  return directory
}
