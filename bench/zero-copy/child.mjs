/** Starts the processes of the benchmark. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const start = promisify(execFile)

/** Writes the files; not in the process that measures, whose heap it would fill. */
export async function prepare({ directory, large, sizes }) {
  await program('prepare.mjs', { directory, large, sizes })
}

/** What one use of one reader adds to the memory of a fresh process: see memory-of.mjs. */
export async function memoryOf(settings) {
  return JSON.parse(await program('memory-of.mjs', settings))
}

async function program(file, settings) {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const args = ['--expose-gc', '--max-old-space-size=8192', path, JSON.stringify(settings)]
  const { stdout } = await start(process.execPath, args, { maxBuffer: 2 ** 20 })
  return stdout
}
