import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const root = join(import.meta.dirname, '..', '..')
const pages = ['tiers', 'loading', 'staleness', 'tags', 'stampede']

/** The programs of a page: its `js` blocks. Those in `ts` are parts of one. */
function programs(page: string): string[] {
  const text = readFileSync(join(root, 'docs', 'concepts', `${page}.md`), 'utf8')
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map((match) => match[1] ?? '')
}

const all = pages.flatMap((page) =>
  programs(page).map((code, index) => [page, index + 1, code] as const),
)

test('every page has a program', () => {
  expect(new Set(all.map(([page]) => page))).toEqual(new Set(pages))
})

test.each(all)('%s: program %i prints what its comments say', (_, __, code) => {
  const project = temporaryDirectory()
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(root, join(project, 'node_modules', 'holdfast'), 'junction')
  const program = join(project, 'program.mjs')
  writeFileSync(program, code)
  const promised = code
    .split('\n')
    .filter((line) => line.startsWith('console.log('))
    .map((line) => line.split(' // ')[1] ?? 'a console.log without its output beside it')
  const ran = spawnSync(process.execPath, [program], {
    cwd: project,
    encoding: 'utf8',
    timeout: 25_000,
  })
  expect({ error: ran.stderr, lines: ran.stdout.trimEnd().split('\n') }).toEqual({
    error: '',
    lines: promised,
  })
})
