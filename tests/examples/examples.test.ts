import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const root = join(import.meta.dirname, '..', '..')
const folder = join(root, 'examples')
const examples = readdirSync(folder).filter((name) => name !== 'temporary-directory.mjs')

describe('every example runs as a process of its own and prints what it says', () => {
  test.each(examples)('%s', (name) => {
    const expected = promisedAtTheEnd(readFileSync(join(folder, name), 'utf8'))
    expect(expected.length).toBeGreaterThan(0)
    expect(runProgram(join(folder, name), root)).toEqual({ code: 0, error: '', lines: expected })
  })

  test('there are examples to run', () => expect(examples.length).toBeGreaterThanOrEqual(6))
})

describe('the quick start of README.md', () => {
  const blocks = quickStartBlocks(readFileSync(join(root, 'README.md'), 'utf8'))

  test('has code', () => expect(blocks.length).toBeGreaterThan(0))

  test.each(blocks.map((code, index) => [index + 1, code] as const))('block %i', (_, code) => {
    const project = newProject()
    const program = join(project, 'quick-start.mjs')
    writeFileSync(program, code)
    const expected = promisedBesideCalls(code)
    expect(runProgram(program, project)).toEqual({ code: 0, error: '', lines: expected })
  })
})

/** Runs `program` with the Node under test, as a user would. */
function runProgram(
  program: string,
  cwd: string,
): { code: unknown; error: string; lines: string[] } {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1' }
  delete env['FORCE_COLOR']
  const options = { cwd, env, encoding: 'utf8', timeout: 25_000 } as const
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program], options)
  return { code: status ?? signal, error: stderr, lines: stdout.trimEnd().split('\n') }
}

/** The comment lines behind `// Prints:`. */
function promisedAtTheEnd(code: string): string[] {
  const lines = code.trimEnd().split('\n')
  const start = lines.indexOf('// Prints:')
  return start < 0 ? [] : lines.slice(start + 1).map((line) => line.replace(/^\/\/ /, ''))
}

/** What the comments say behind `console.log(…)`, in the order of the lines. */
function promisedBesideCalls(code: string): string[] {
  const lines = code.split('\n').filter((line) => line.startsWith('console.log('))
  return lines.map((line) => line.split(' // ')[1] ?? 'a console.log without its output beside it')
}

/** The js and ts blocks under `## Quick start`. */
function quickStartBlocks(readme: string): string[] {
  const section = readme.split(/^## /m).find((part) => part.startsWith('Quick start\n')) ?? ''
  return [...section.matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map((match) => match[1] ?? '')
}

/** A project of a user, who has installed this package. */
function newProject(): string {
  const project = temporaryDirectory()
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(root, join(project, 'node_modules', 'holdfast'), 'junction')
  return project
}
