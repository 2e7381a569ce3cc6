// What every script of this folder needs: where the project is, and how to run a command in it.
// Node built-ins only: these files run before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json. */
export const root = fileURLToPath(new URL('..', import.meta.url))

const oldest = [20, 19]

/** Ends the process with one clear line when this Node is older than package.json's `engines` says. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return
  console.error(
    `holdfast needs Node ${oldest.join('.')} or newer; this is ${process.versions.node}.`,
  )
  process.exit(1)
}

/** A failure that is told in one line, without a stack. */
export class ScriptError extends Error {}

/**
 * Runs `command` in the project folder with its output passed through. Returns the exit code; a signal counts as 1.
 */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error)
    throw new ScriptError(`${command} could not be started: ${error.message}`, { cause: error })
  return status ?? 1
}

/**
 * Like {@link run}, but ends `command` and all processes it started after `limitMs`, with a {@link ScriptError}. A worker in
 * an endless loop hears no timer of its own and no polite signal.
 */
export async function runWithin(limitMs, command, args, options = {}) {
  // A group of its own, to be ended as a whole.
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', detached: true, ...options })
  const end = () => endGroup(child)
  const stop = (signal) => {
    end()
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
  let late = false
  const timer = setTimeout(() => {
    late = true
    end()
  }, limitMs)
  try {
    const [code] = await once(child, 'exit')
    if (late)
      throw new ScriptError(`${basename(args[0])} did not end within ${limitMs / 60_000} minutes`)
    return code ?? 1
  } finally {
    clearTimeout(timer)
    // What a test left running must not slow down the next suite.
    end()
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop)
  }
}

function endGroup(child) {
  try {
    if (process.platform === 'win32') child.kill()
    else if (child.pid) process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nothing of the group is left.
  }
}

/** Runs `command` and returns what it printed; throws a {@link ScriptError} with that text if it fails. */
export function capture(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    ...options,
  })
  if (result.error) {
    throw new ScriptError(`${command} could not be started: ${result.error.message}`, {
      cause: result.error,
    })
  }
  if (result.status !== 0) {
    const output = `${result.stdout}${result.stderr}`.trim()
    throw new ScriptError(
      `${command} ${args.join(' ')} ended with ${result.status ?? result.signal}:\n${output}`,
    )
  }
  return result.stdout
}

/**
 * The command and first arguments that start npm. Under `npm run` that is the npm already running, started through this
 * Node, so that no shell is needed (npm is a .cmd file on Windows).
 */
export function npmCommand() {
  const path = process.env.npm_execpath
  if (path && /npm-cli\.c?js$/.test(path)) return { command: process.execPath, args: [path] }
  return process.platform === 'win32'
    ? { command: 'cmd.exe', args: ['/d', '/s', '/c', 'npm'] }
    : { command: 'npm', args: [] }
}

/** Runs `main` of a script that was started itself (not imported) and turns its result into the exit code. */
export async function runAsScript(url, main) {
  // The real path: the project may be reached through a link.
  if (!process.argv[1] || realpathSync(process.argv[1]) !== fileURLToPath(url)) return
  requireNode()
  try {
    process.exitCode = (await main(process.argv.slice(2))) ?? 0
  } catch (error) {
    console.error(error instanceof ScriptError ? error.message : error)
    process.exitCode = 1
  }
}
