import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { manyFiles } from './support/files.ts'

/** Runs `program` as a module of its own process, with the built package, and gives what it printed. */
function run(program: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program, ...args],
    { encoding: 'utf8', timeout: 25_000 },
  )
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

describe('a process that hashes in threads', () => {
  it('waits for the hash, and ends at once when all is done', () => {
    const printed = run(
      `import { contentOf, keyId } from 'holdfast'
      const key = await contentOf.hashed(process.argv[1])
      const done = performance.now()
      process.on('exit', () => {
        // Idle threads live for a second: they must not be waited for.
        console.log(keyId(key), performance.now() - done < 900)
      })`,
      manyFiles(2_100),
    )
    expect(printed).toMatch(/^cd[0-9a-f]{32} true\n$/)
  })

  it('is not kept by hashing that was aborted', () => {
    const printed = run(
      `import { contentOf } from 'holdfast'
      const controller = new AbortController()
      const options = { signal: controller.signal, onProgress: () => controller.abort() }
      await contentOf.hashed(process.argv[1], options).catch((error) => console.log(error.name))`,
      manyFiles(2_100),
    )
    expect(printed).toBe('AbortError\n')
  })
})
