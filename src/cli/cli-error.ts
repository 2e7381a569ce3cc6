/** A failure to tell in one line, without a stack. */
export class CliError extends Error {
  /** 1: it did not work; 2: it was called wrongly. */
  readonly exitCode: 1 | 2

  constructor(message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'CliError'
    this.exitCode = options.exitCode ?? 1
  }
}

/** The error for a command line that makes no sense. */
export function usageError(message: string, cause?: unknown): CliError {
  return new CliError(message, { exitCode: 2, cause })
}
