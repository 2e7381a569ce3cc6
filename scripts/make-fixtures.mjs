// `node scripts/make-fixtures.mjs [--force]`: the fixtures of this version's formats in tests/fixtures/formats/v1. They are read
// by the tests for ever, so what is there is not written again: `--force` is for a version that was never released.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { node24 } from './node24.mjs'
import { capture, root, runAsScript, ScriptError } from './project.mjs'

const version = 'v1'
const target = join(root, 'tests', 'fixtures', 'formats', version)
const most = 600 * 1_024

await runAsScript(import.meta.url, async (args) => {
  if (existsSync(target) && !args.includes('--force')) {
    throw new ScriptError(
      `make-fixtures: ${relative(root, target)} is there, and fixtures of a released version are never made again. A new format gets a new folder; --force overwrites this one.`,
    )
  }
  const parent = join(root, '.cache')
  mkdirSync(parent, { recursive: true })
  const work = mkdtempSync(join(parent, 'fixtures-'))
  try {
    const maker = await bundle(work)
    const made = join(work, version)
    const first = make(process.execPath, maker, made, 'all')
    const rest = first.hasZstd ? [] : make(node24(), maker, made, 'zstd').fixtures
    const fixtures = [...first.fixtures, ...rest]
    writeFileSync(
      join(made, 'manifest.json'),
      `[\n${fixtures.map((entry) => `  ${JSON.stringify(entry)}`).join(',\n')}\n]\n`,
    )
    const size = sizeOf(made)
    if (size > most)
      throw new ScriptError(
        `make-fixtures: ${size} bytes are more than the ${most} that fixtures may have`,
      )
    rmSync(target, { recursive: true, force: true })
    mkdirSync(join(target, '..'), { recursive: true })
    renameSync(made, target)
    console.log(
      `make-fixtures: ${fixtures.length} frames and the stores, ${size} bytes, in ${relative(root, target)}`,
    )
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
})

/** Plain JavaScript of what makes the fixtures, which is TypeScript beside the tests. */
async function bundle(folder) {
  const { build } = await import('vite')
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(root, 'tests', 'frame', 'fixture-maker.ts'),
      outDir: join(folder, 'maker'),
      target: 'node20',
      minify: false,
      rollupOptions: { output: { entryFileNames: 'maker.mjs' } },
    },
  })
  return join(folder, 'maker', 'maker.mjs')
}

/** What the maker reports in its last line; libraries print before it. */
function make(node, maker, folder, part) {
  const program = `import { main } from ${JSON.stringify(pathToFileURL(maker).href)}\nmain(${JSON.stringify(folder)}, ${JSON.stringify(part)})`
  const output = capture(node, ['--input-type=module', '--eval', program])
  return JSON.parse(output.trim().split('\n').at(-1))
}

function sizeOf(path) {
  const status = statSync(path)
  if (!status.isDirectory()) return status.size
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
