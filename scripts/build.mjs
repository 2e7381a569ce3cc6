// `npm run build`: compiles src into dist with plain tsc; does nothing when dist is already what src says (`--force` compiles).
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, relative, sep } from 'node:path'
import { root, run, runAsScript, ScriptError } from './project.mjs'

const source = join(root, 'src')
const output = join(root, 'dist')
const stampFile = join(root, '.cache', 'build-stamp')

/** Compiles if needed. `quiet` leaves out the line that says there was nothing to do. */
export function build({ force = false, quiet = false } = {}) {
  const stamp = sourceStamp()
  if (!force && isUpToDate(stamp)) {
    if (!quiet) console.log('build: dist is up to date')
    return
  }
  const started = performance.now()
  rmSync(stampFile, { force: true })
  removeStaleOutput()
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const code = run(process.execPath, [compiler, '-p', 'tsconfig.build.json'])
  if (code !== 0) throw new ScriptError(`build: tsc ended with code ${code}`)
  const command = join(output, 'cli', 'main.js')
  if (existsSync(command)) chmodSync(command, 0o755)
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(stampFile, stamp)
  console.log(
    `build: src compiled into dist in ${((performance.now() - started) / 1000).toFixed(1)} s`,
  )
}

/** A hash of everything that decides what tsc writes. Contents, not times: a fresh checkout has new times. */
function sourceStamp() {
  const hash = createHash('sha256')
  const configs = [
    'tsconfig.json',
    'tsconfig.build.json',
    join('node_modules', 'typescript', 'package.json'),
  ]
  for (const path of [...configs, ...listFiles(source).map((path) => join('src', path))]) {
    const file = join(root, path)
    if (!existsSync(file))
      throw new ScriptError(`build: ${path} is missing; run 'npm run setup' first`)
    hash.update(`${path}\0`).update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

function isUpToDate(stamp) {
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) return false
  const present = new Set(listFiles(output))
  const expected = expectedOutput()
  return present.size === expected.size && [...expected].every((path) => present.has(path))
}

/** What tsc writes for each source file. */
function expectedOutput() {
  const files = listFiles(source).filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
  const endings = ['.js', '.js.map', '.d.ts', '.d.ts.map']
  return new Set(files.flatMap((path) => endings.map((ending) => path.replace(/\.ts$/, ending))))
}

/** Only what no source file would write again: a test run beside this one keeps finding the rest. */
function removeStaleOutput() {
  const expected = expectedOutput()
  for (const path of listFiles(output)) {
    if (!expected.has(path)) rmSync(join(output, path))
  }
}

/** Paths of all files below `directory`, relative to it, sorted. */
function listFiles(directory) {
  if (!existsSync(directory)) return []
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

await runAsScript(import.meta.url, (args) => build({ force: args.includes('--force') }))
