import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An empty directory that is removed when the process ends, so that the examples leave nothing behind. */
export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-example-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  return directory
}
