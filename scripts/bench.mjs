/**
 * `npm run bench -- NAME [flags]`: runs `bench/NAME.mjs`. Sees to it that `dist/` is current and
 * that the peers are installed, in `bench/peers/`, never among the package's own dependencies.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseFlags, USAGE, UsageError } from '../bench/lib/flags.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const bench = join(root, 'bench')
const KEYV_LIMIT_MS = 300_000

const names = readdirSync(bench)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => file.slice(0, -4))
const [name, ...flags] = process.argv.slice(2)

if (name === undefined || name.startsWith('-')) {
  list(process.stdout)
} else if (names.includes(name)) {
  await start()
} else {
  process.stderr.write(`There is no benchmark '${name}'.\n`)
  list(process.stderr)
  process.exitCode = 1
}

function list(stream) {
  stream.write(
    `Usage: npm run bench -- NAME [flags]\n\nNames: ${names.join(', ')}\n\nFlags\n${USAGE}\n`,
  )
}

async function start() {
  const benchmark = await import(pathToFileURL(join(bench, `${name}.mjs`)).href)
  if (flags.includes('--help') || flags.includes('-h')) {
    process.stdout.write(`${USAGE}\n\nRows: ${benchmark.rows.join(', ')}\n`)
    return
  }
  try {
    const parsed = parseFlags(flags, benchmark.rows)
    buildIfStale()
    installPeers()
    await benchmark.run(parsed)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
  // Peers keep worker threads and timers of their own.
  process.exit()
}

function buildIfStale() {
  const built = join(root, 'dist/index.js')
  if (existsSync(built) && statSync(built).mtimeMs >= newest(join(root, 'src'))) return
  process.stderr.write('  building\n')
  if (npm(['run', 'build']) !== 0) throw new UsageError('The build failed: see above.')
}

function newest(folder) {
  const times = readdirSync(folder, { recursive: true }).map(
    (file) => statSync(join(folder, file)).mtimeMs,
  )
  return Math.max(...times)
}

/** keyv is apart: its `sqlite3` is compiled where no binary can be had, which may take minutes or fail. */
function installPeers() {
  const peers = join(bench, 'peers')
  if (install(peers) !== 0) throw new UsageError('The peers in bench/peers could not be installed.')
  if (install(join(peers, 'keyv'), KEYV_LIMIT_MS) !== 0) {
    process.stderr.write(
      '  keyv + sqlite could not be installed (within 5 minutes): its rows are left out\n',
    )
  }
}

/** Installs again when the pinned versions changed. */
function install(folder, timeout) {
  const installed = join(folder, 'node_modules/.package-lock.json')
  const isCurrent = (wanted) => statSync(installed).mtimeMs >= statSync(wanted).mtimeMs
  if (existsSync(installed) && isCurrent(join(folder, 'package.json'))) return 0
  process.stderr.write(`  installing ${folder.slice(root.length)}\n`)
  return npm(['install', '--prefix', folder, '--no-package-lock'], timeout)
}

function npm(args, timeout) {
  return spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], timeout }).status
}
