import { DiskCache } from '../index.ts'
import { CliError } from './cli-error.ts'
import type { Command } from './command.ts'
import { withDemoCache } from './demo-cache.ts'
import { defaultLimit, parseDemoOptions } from './demo-options.ts'
import { type Pass, runPass } from './demo-pass.ts'
import { type DemoResult, jsonReport, textReport } from './demo-report.ts'
import { SecondProcess } from './demo-second-process.ts'
import { type Walk, type WalkOptions, walkFolder } from './demo-walk.ts'
import { formatCount, formatTime } from './format.ts'
import { ProgressBar } from './progress-bar.ts'
import { userCacheDirectory } from './user-cache-directory.ts'

const maxFileBytes = 1_048_576

const help = `Usage: holdfast demo [DIR] [OPTIONS]

Shows the cache at work on real files. For each file below DIR it works out a SHA-256,
counts of lines and words, and a vector of term frequencies, and keeps them in a
DiskCache. Then it asks for all of them again: from a cache opened anew, once more in
the same process, and from two processes at once. Files are only read, links are not
followed, and files over 1 MiB are left out.

  DIR          the folder to look at; default: the nearest node_modules
  --cache DIR  where the results are kept; default: ${userCacheDirectory('demo')}
  --fresh      forget the results of earlier runs first
  --limit N    look at the first N files; default: ${defaultLimit}
  --json       print one JSON object instead of text
  --help       this text`

/** `holdfast demo` */
export const demo: Command = {
  summary: 'shows the cache at work on a folder of real files',
  help,
  async run(args) {
    const options = parseDemoOptions(args)
    const { root, cacheDirectory, json } = options
    const walkOptions = { limit: options.limit, maxFileBytes, exclude: cacheDirectory }
    const started = performance.now()
    const walk = walkFolder(root, walkOptions)
    const walkMs = performance.now() - started
    if (!json) process.stderr.write(`${introduction(root, walk)}\n`)
    if (options.fresh) clear(cacheDirectory)
    const result = {
      root,
      cacheDirectory,
      walk,
      walkMs,
      ...(await runPasses(options, walk, walkOptions)),
    }
    checkSame(result)
    process.stdout.write(json ? `${jsonReport(result)}\n` : `\n${textReport(result)}\n`)
  },
}

type Passes = Omit<DemoResult, 'root' | 'cacheDirectory' | 'walk' | 'walkMs'>

async function runPasses(
  { root, cacheDirectory, json }: ReturnType<typeof parseDemoOptions>,
  { files }: Walk,
  walkOptions: WalkOptions,
): Promise<Passes> {
  const pass = (label: string, cache: DiskCache, throwIfDropped: () => void): Pass => {
    const bar = json ? undefined : new ProgressBar(process.stderr, label, files.length)
    const done = runPass(cache, root, files, () => {
      throwIfDropped()
      bar?.advance()
    })
    bar?.finish(`${formatCount(files.length)} files in ${formatTime(done.ms)}`)
    return done
  }
  const first = withDemoCache(cacheDirectory, (...cache) => pass('first run', ...cache))
  // Opened anew, so that the second run reads from the disk and not from this process's memory.
  const [second, third] = withDemoCache(cacheDirectory, (...cache) => [
    pass('second run', ...cache),
    pass('third run', ...cache),
  ])
  using other = await SecondProcess.start({ root, cacheDirectory, walk: walkOptions })
  using reopened = new DiskCache(cacheDirectory)
  const begun = performance.now()
  const otherBegun = await other.begin()
  const own = runPass(reopened, root, files)
  const both = { own, other: await otherBegun.pass, ms: performance.now() - begun }
  return { first, second, third, both, store: storeFacts(reopened) }
}

/** By way of the cache and never of the file system: it refuses a folder that is not its own. */
function clear(directory: string): void {
  withDemoCache(directory, (cache) => cache.clear())
}

function storeFacts(cache: DiskCache): DemoResult['store'] {
  return { entries: cache.size, bytes: cache.bytes(), volume: cache.volume() }
}

function introduction(root: string, walk: Walk): string {
  const left = [
    walk.large > 0 ? `${formatCount(walk.large)} over 1 MiB left out` : '',
    walk.unreadable > 0 ? `${formatCount(walk.unreadable)} not readable` : '',
    walk.limited ? 'more beyond --limit' : '',
  ].filter((part) => part !== '')
  const note = left.length > 0 ? ` (${left.join(', ')})` : ''
  return `${root}: ${formatCount(walk.files.length)} files${note}`
}

/** A cache that returned something else than was computed would make every number worthless. */
function checkSame({ first, second, third, both }: DemoResult): void {
  const passes = [second, third, both.own, both.other]
  // A file that changes while the demo runs is no mistake of the cache.
  if (passes.some((pass) => pass.computed > 0 || pass.unreadable !== first.unreadable)) return
  if (passes.every((pass) => pass.digest === first.digest)) return
  throw new CliError('a later run did not get the results of the first one: please report this')
}
