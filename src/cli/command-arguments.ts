import { type ParseArgsConfig, parseArgs } from 'node:util'
import { usageError } from './cli-error.ts'

type ParsedArguments<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>

/**
 * `parseArgs` whose complaints are usage errors of one line.
 * @throws CliError with exit code 2.
 */
export function parseCommandArguments<const T extends ParseArgsConfig>(
  command: string,
  config: T,
): ParsedArguments<T> {
  try {
    return parseArgs(config)
  } catch (error) {
    if (!(error instanceof TypeError) || !('code' in error)) throw error
    // Node's second sentence explains `--` by an example that fits few cases.
    const complaint = error.message.split('. ')[0] ?? error.message
    throw usageError(`${complaint}; see 'holdfast ${command} --help'`, error)
  }
}

/**
 * `text` as a whole number of at least 1.
 * @throws CliError with exit code 2.
 */
export function parseCount(option: string, text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value
  throw usageError(`${option} wants a whole number from 1 on, not '${text}'`)
}
