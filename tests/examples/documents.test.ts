import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { errorCodes } from 'holdfast'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((name) => join(root, name)),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(root, 'docs', name)),
]

test('docs/errors.md has a section for every error code, in the order of the codes', () => {
  const text = readFileSync(join(root, 'docs', 'errors.md'), 'utf8')
  const sections = [...text.matchAll(/^## (ERR_\w+)$/gm)].map((match) => match[1])
  expect(sections).toEqual([...errorCodes])
})

test.each(documents.map((path) => [relative(root, path), path]))(
  'every link in %s leads somewhere',
  (_, path) => {
    const text = readFileSync(path, 'utf8')
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '')
    const broken = targets.filter(
      (target) => !target.startsWith('https://') && !leadsSomewhere(path, target),
    )
    expect(broken).toEqual([])
  },
)

function leadsSomewhere(document: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? document : join(dirname(document), file)
  if (!existsSync(path)) return false
  return anchor === undefined || anchors(readFileSync(path, 'utf8')).includes(anchor)
}

/** The anchors that headings get, as GitHub makes them. */
function anchors(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? '')
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
