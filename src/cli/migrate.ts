import { migrate as importCache, type MigrateOptions } from '../migrate/migrate.ts'
import type { MigrateNote, MigrateReport } from '../migrate/report.ts'
import { usageError } from './cli-error.ts'
import type { Command } from './command.ts'
import { parseCommandArguments } from './command-arguments.ts'
import { formatCount } from './format.ts'

/** Lines of each list in the text form; `--json` has all. */
const shown = 20

const help = `Usage: holdfast migrate SOURCE TARGET [OPTIONS]

Copies a cache made by Python's diskcache (Cache, FanoutCache, Index, Deque, JSONDisk) or
by SciQLop into a new store, with times and tags. What SOURCE is, is found out. Pickled
values are read as data and never run. SOURCE is only read, and every entry that cannot
be had is listed with the reason. Run it again to continue after an interruption or to
bring what is new: what TARGET has is never changed.

  --drop            delete from SOURCE what TARGET has for certain, batch by batch
  --json-disk       SOURCE was written through JSONDisk; default: guessed
  --no-json-disk    it was not
  --as cache|index  make a store with or without expiry and tags; default: guessed
  --json            print one JSON object instead of text
  --help            this text

Exit codes: 0 done (entries may have been left out), 1 failed, 2 called wrongly.`

/** `holdfast migrate` */
export const migrate: Command = {
  summary: 'copies a cache of diskcache or SciQLop into a store',
  help,
  async run(args) {
    const { source, target, json, options } = parse(args)
    const report = await importCache(source, target, options)
    process.stdout.write(`${json ? JSON.stringify(report, undefined, 2) : textReport(report)}\n`)
  },
}

function parse(args: readonly string[]): {
  source: string
  target: string
  json: boolean
  options: MigrateOptions
} {
  const { values, positionals } = parseCommandArguments('migrate', {
    args: [...args],
    allowPositionals: true,
    options: {
      drop: { type: 'boolean', default: false },
      'json-disk': { type: 'boolean' },
      'no-json-disk': { type: 'boolean' },
      as: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const [source, target] = positionals
  if (!source || !target || positionals.length > 2) {
    throw usageError("migrate wants SOURCE and TARGET; see 'holdfast migrate --help'")
  }
  const { drop, as, json } = values
  if (as !== undefined && as !== 'cache' && as !== 'index') {
    throw usageError(`--as wants cache or index, not '${as}'`)
  }
  const jsonDisk = values['json-disk'] ?? (values['no-json-disk'] ? false : undefined)
  return { source, target, json, options: { drop, jsonDisk, as } }
}

function textReport(report: MigrateReport): string {
  const { kind, source, target, opensWith, skipped, changed } = report
  const count = (number: number, what: string): string =>
    number > 0 ? `, ${formatCount(number)} ${what}` : ''
  const lines = [
    `${source}: ${kind}, ${formatCount(report.entries)} entries`,
    `${formatCount(report.copied)} copied${count(report.existing, 'already there')}${count(report.expired, 'expired')}${count(skipped.length, 'left out')}${count(report.dropped, 'deleted from the source')}`,
    `${target}: open it with ${opensWith}`,
    ...report.stores.slice(1).map((store) => `${store.target}: open it with ${store.opensWith}`),
    ...listed('Left out', skipped),
    ...listed('Not quite as they were', changed),
  ]
  return lines.join('\n')
}

function listed(title: string, notes: readonly MigrateNote[]): string[] {
  if (notes.length === 0) return []
  const more = notes.length - shown
  return [
    `${title}:`,
    ...notes.slice(0, shown).map(({ key, reason }) => `  ${JSON.stringify(key)}: ${reason}`),
    ...(more > 0 ? [`  and ${formatCount(more)} more; --json lists all`] : []),
  ]
}
