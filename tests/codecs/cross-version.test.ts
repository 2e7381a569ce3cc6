import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeVersions } from '../support/node-versions.ts'
import { kinds } from './support/kinds.ts'

const root = join(import.meta.dirname, '../..')
const [, other] = nodeVersions
const otherNode = other?.path ?? ''
const reason = other?.missing

if (reason !== undefined) console.log(`cross-version: skipped, ${reason}`)

describe.skipIf(reason !== undefined)('what one version of Node wrote', () => {
  let folder = ''
  let script = ''

  beforeAll(async () => {
    // Within the project, so that the bundle finds the packages it imports.
    mkdirSync(join(root, '.cache'), { recursive: true })
    folder = mkdtempSync(join(root, '.cache', 'cross-version-'))
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      build: {
        ssr: join(import.meta.dirname, 'support/other-node.ts'),
        outDir: folder,
        emptyOutDir: false,
        target: 'node20',
        rollupOptions: { output: { entryFileNames: 'other-node.mjs' } },
      },
    })
    script = join(folder, 'other-node.mjs')
  })

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it.each([
    ['the other', process.execPath, otherNode],
    ['the other, the other way round', otherNode, process.execPath],
    ['another process of this one', process.execPath, process.execPath],
  ])('is read by %s, each value of every kind', (_, writer, reader) => {
    const file = join(folder, 'values.json')
    execFileSync(writer, [script, 'write', file])
    const report: unknown = JSON.parse(
      execFileSync(reader, [script, 'read', file], { encoding: 'utf8' }),
    )
    expect(report).toMatchObject({ read: Object.keys(kinds()).length, failed: [] })
  })
})
