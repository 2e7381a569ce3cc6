import { readFileSync } from 'node:fs'
import { isHoldfastError } from '../contracts/errors.ts'
import { CliError, usageError } from './cli-error.ts'
import { commands } from './commands.ts'

/** Runs `holdfast` with these arguments and returns the exit code: 0 done, 1 failed, 2 called wrongly. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  try {
    await dispatch(args)
    return 0
  } catch (error) {
    const message = messageFor(error)
    if (message === undefined) throw error
    process.stderr.write(`holdfast: ${message.replace(/\s*\n\s*/g, ' ')}\n`)
    return error instanceof CliError ? error.exitCode : 1
  }
}

async function dispatch(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args
  if (name === '--version' || name === '-v') return print(version())
  if (name === '--help' || name === '-h' || name === 'help') return print(await overview())
  if (name === undefined) {
    process.stderr.write(`${await overview()}\n`)
    throw usageError('name a command')
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!load) {
    const what = name.startsWith('-') ? 'option' : 'command'
    throw usageError(`unknown ${what} '${name}'; 'holdfast --help' lists what there is`)
  }
  const command = await load()
  const end = rest.indexOf('--')
  const options = end < 0 ? rest : rest.slice(0, end)
  if (options.includes('--help') || options.includes('-h')) return print(command.help)
  await command.run(rest)
}

async function overview(): Promise<string> {
  const names = Object.keys(commands)
  const width = Math.max(...names.map((name) => name.length))
  const loaded = await Promise.all(Object.values(commands).map((load) => load()))
  const lines = names.map((name, index) => `  ${name.padEnd(width)}  ${loaded[index]?.summary}`)
  return `holdfast ${version()}: keeps the results of expensive work on disk

Usage: holdfast COMMAND [OPTIONS]

Commands
${lines.join('\n')}

Options
  --help     this text, or that of a command: holdfast COMMAND --help
  --version  the version

Exit codes: 0 done, 1 failed, 2 called wrongly.`
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** What to tell the user, or `undefined` for a defect of ours, which deserves its stack. */
function messageFor(error: unknown): string | undefined {
  if (error instanceof CliError) return error.message
  if (isHoldfastError(error)) return `${error.message} (${error.code})`
  return error instanceof Error && 'syscall' in error ? error.message : undefined
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
