/** The flags every benchmark takes. */
import { parseArgs } from 'node:util'

export const USAGE = `  --quick        under a minute: fewer rounds, smaller stores (results go to bench/results/partial)
  --million      adds stores of 1,000,000 entries
  --only a,b     only these rows
  --dir DIR      where the stores go (default: /dev/shm if there is one)
  --json FILE    also write the results there
  --no-python    without the Python peers`

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  million: { type: 'boolean', default: false },
  only: { type: 'string' },
  dir: { type: 'string' },
  json: { type: 'string' },
  'no-python': { type: 'boolean', default: false },
}

/** A mistake in the command line: the message says all, the stack nothing. */
export class UsageError extends Error {}

/** @throws UsageError when a flag is unknown or names no row. */
export function parseFlags(argv, rows) {
  const values = parse(argv)
  const only = values.only?.split(',').map((name) => name.trim())
  const unknown = only?.find((name) => !rows.includes(name))
  if (unknown !== undefined) {
    throw new UsageError(`--only: there is no row '${unknown}'. Rows: ${rows.join(', ')}`)
  }
  return { ...values, only, python: !values['no-python'] }
}

function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS }).values
  } catch (error) {
    throw new UsageError(error.message, { cause: error })
  }
}
