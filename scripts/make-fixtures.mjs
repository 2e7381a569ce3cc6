// `node scripts/make-fixtures.mjs [--force]`: the fixtures of this version's formats in tests/fixtures/formats/v1. They are read
// by the tests for ever, so what is there is not written again: `--force` is for a version that was never released.
// `--regressions`: instead adds the frames of tests/frame/regression-bombs.ts that tests/fixtures/regressions lacks.
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
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { node24 } from './node24.mjs'
import { polars } from './polars.mjs'
import { capture, root, runAsScript, ScriptError } from './project.mjs'

const version = 'v1'
const target = join(root, 'tests', 'fixtures', 'formats', version)
const regressions = join(root, 'tests', 'fixtures', 'regressions')
/** Bytes that the fixtures of a version may have. */
const most = 300 * 1_024

await runAsScript(import.meta.url, async (args) => {
  const onlyRegressions = args.includes('--regressions')
  if (!onlyRegressions) checkTarget(args.includes('--force'))
  const parent = join(root, '.cache')
  mkdirSync(parent, { recursive: true })
  const work = mkdtempSync(join(parent, 'fixtures-'))
  try {
    const maker = await bundle(work)
    if (onlyRegressions) addRegressions(maker)
    else makeFormats(maker, join(work, version))
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
})

function checkTarget(isForced) {
  if (existsSync(target) && !isForced)
    throw new ScriptError(
      `make-fixtures: ${relative(root, target)} is there, and fixtures of a released version are never made again. A new format gets a new folder; --force overwrites this one.`,
    )
  if (!process.versions.node.startsWith('20.'))
    throw new ScriptError(
      `make-fixtures: start it with Node 20, the oldest that is supported; this is ${process.versions.node}. It starts Node 24 for the rest itself.`,
    )
}

function makeFormats(maker, made) {
  const library = polars()
  if (library === false)
    throw new ScriptError('make-fixtures: nodejs-polars is needed for one of them')
  const fixtures = [
    ...make(process.execPath, maker, [made, 'oldest', library]),
    ...make(node24(), maker, [made, 'newer', library]),
  ]
  const lines = fixtures.map((entry) => `  ${JSON.stringify(entry)}`)
  writeFileSync(join(made, 'manifest.json'), `[\n${lines.join(',\n')}\n]\n`)
  const size = sizeOf(made)
  if (size > most)
    throw new ScriptError(
      `make-fixtures: ${size} bytes are more than the ${most} that fixtures may have`,
    )
  rmSync(target, { recursive: true, force: true })
  mkdirSync(dirname(target), { recursive: true })
  renameSync(made, target)
  const where = relative(root, target)
  console.log(`make-fixtures: ${fixtures.length} frames and the stores, ${size} bytes, in ${where}`)
}

function addRegressions(maker) {
  runMaker(process.execPath, maker, 'addRegressions', [regressions])
  const where = relative(root, regressions)
  console.log(`make-fixtures: ${readdirSync(regressions).length - 1} frames in ${where}`)
}

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
function make(node, maker, args) {
  return JSON.parse(runMaker(node, maker, 'main', args).trim().split('\n').at(-1))
}

function runMaker(node, maker, name, args) {
  const program = `import { ${name} } from ${JSON.stringify(pathToFileURL(maker).href)}
${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`
  return capture(node, ['--input-type=module', '--eval', program])
}

function sizeOf(path) {
  const status = statSync(path)
  if (!status.isDirectory()) return status.size
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
