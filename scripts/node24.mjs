// A Node 24 beside the one in use, for running the suite under both.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture, npmCommand, root, run, ScriptError } from './project.mjs'

const folder = join(root, '.cache', 'node24')
const binary =
  process.platform === 'win32'
    ? join(folder, 'node_modules', 'node', 'bin', 'node.exe')
    : join(folder, 'node_modules', 'node', 'bin', 'node')

/** Path of a Node 24, installed on first use. Throws a {@link ScriptError} when it cannot be had. */
export function node24() {
  if (process.versions.node.startsWith('24.')) return process.execPath
  const present = versionOf(binary)
  if (present) return announce(present)
  console.log('node24: installing the npm package node@24 into .cache/node24')
  mkdirSync(folder, { recursive: true })
  // A package of its own and not a devDependency: its `node` command would shadow the one in use for every npm script.
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, allowScripts: { node: true } }),
  )
  const npm = npmCommand()
  const flags = ['--no-audit', '--no-fund', '--no-save', '--no-package-lock', '--loglevel=error']
  const code = run(npm.command, [...npm.args, 'install', '--prefix', folder, ...flags, 'node@24'], {
    cwd: folder,
  })
  const installed = code === 0 && versionOf(binary)
  if (!installed)
    throw new ScriptError(`node24: Node 24 could not be installed (npm ended with code ${code})`)
  return announce(installed)
}

function announce(version) {
  console.log(`node24: using ${version}`)
  return binary
}

function versionOf(path) {
  try {
    const version = capture(path, ['--version']).trim()
    return version.startsWith('v24.') ? version : undefined
  } catch {
    return undefined
  }
}
