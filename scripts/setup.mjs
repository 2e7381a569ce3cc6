// `npm run setup`: installs the dependencies that package-lock.json names, unless they are there already.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmCommand, root, run, runAsScript, ScriptError } from './project.mjs'

const lockFile = join(root, 'package-lock.json')
// Says which package-lock.json was found to be installed, so that an optional package that cannot be had on this machine
// is not asked for again each time. Lies in node_modules: `npm ci` by hand removes it.
const stampFile = join(root, 'node_modules', '.holdfast-setup')

/** Installs what is missing. `quiet` leaves out the line that says there was nothing to do. */
export function setUp({ quiet = false } = {}) {
  const reason = reasonToInstall()
  if (!reason) {
    writeStamp()
    if (!quiet) console.log('setup: dependencies are up to date')
    return
  }
  console.log(`setup: npm ci (${reason})`)
  // `--include` because NODE_ENV=production would leave out the compiler.
  const flags = ['--include=dev', '--no-audit', '--no-fund']
  const npm = npmCommand()
  let code = run(npm.command, [...npm.args, 'ci', ...flags])
  if (code !== 0) {
    // `npm ci` wants a lock file with an entry for every platform, also where a mirror does not have them all (see
    // complete-lock.mjs). This installs the same locked versions and leaves the lock file alone.
    console.log(`setup: npm ci ended with code ${code}; trying npm install --no-save`)
    code = run(npm.command, [...npm.args, 'install', '--no-save', ...flags])
  }
  if (code !== 0) throw new ScriptError(`setup: npm install ended with code ${code}`)
  writeStamp()
}

/**
 * Why an install is needed, or `undefined`. npm records what it installed in node_modules/.package-lock.json as its last
 * step. Contents are compared, not times: a checkout that only touches package-lock.json must not cost a reinstall.
 */
function reasonToInstall() {
  const wanted = readPackages(lockFile)
  if (!wanted) throw new ScriptError('setup: package-lock.json is missing or damaged')
  if (!existsSync(join(root, 'node_modules'))) return 'nothing is installed'
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))
  if (!installed) return 'the last install did not finish'
  if (isStamped()) return undefined
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue
    const found = installed[path]
    if (!found && mayBeMissing(entry)) continue
    if (found?.version !== entry.version) return `${path.replace(/^.*node_modules\//, '')} changed`
  }
  const stray = Object.keys(installed).find((path) => !wanted[path])
  return stray && `${stray} is not in package-lock.json`
}

/** Whether npm leaves this package out on purpose: made for another platform, or a peer nobody asked for. */
function mayBeMissing(entry) {
  if (entry.peer) return true
  if (!entry.optional && !entry.devOptional) return false
  return Boolean(entry.libc) || !fits(entry.os, process.platform) || !fits(entry.cpu, process.arch)
}

function fits(allowed, here) {
  return !allowed || allowed.includes(here)
}

function isStamped() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockStamp()
}

/** Leaves a stamp that is right alone: the demo takes node_modules for files that do not change. */
function writeStamp() {
  if (!isStamped()) writeFileSync(stampFile, lockStamp())
}

function lockStamp() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex')
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

await runAsScript(import.meta.url, () => setUp())
