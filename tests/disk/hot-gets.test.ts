import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { transpiled } from '../support/transpiled.ts'
import { until } from '../support/until.ts'

const program = join(import.meta.dirname, 'programs/hot-gets.mjs')

/** Interpreted: what compiles code asks the kernel for memory now and then, whatever it runs. */
const interpreted = ['--no-opt', '--no-sparkplug', '--no-maglev']

/** What the program printed before the kernel ended its main thread, or it ended. */
async function run(how: string): Promise<string> {
  const module = await transpiled('src/index.ts')
  const directory = join(temporaryDirectory(), 'store')
  const child = spawn(process.execPath, [...interpreted, program, module, directory, how])
  // Its other threads live on.
  onTestFinished(() => void child.kill('SIGKILL'))
  let printed = ''
  child.stdout.on('data', (data) => {
    printed += String(data)
  })
  await until('the program ends', 20_000, () => isOver(child.pid) || child.exitCode !== null)
  await until('what it printed has come', 2_000, () => printed !== '' || how === 'cold')
  return printed.trim()
}

/** Whether the main thread is a zombie. */
function isOver(pid: number | undefined): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/task/${pid}/status`, 'latin1'))
  } catch {
    return true
  }
}

describe.skipIf(process.platform !== 'linux')('under seccomp, which Linux alone has', () => {
  it.for(['text', 'frozen'])('hot gets do no system call: %s', async (how, context) => {
    const printed = await run(how)
    context.skip(
      printed === 'unavailable',
      'this kernel does not let a thread give up system calls',
    )
    expect(printed).toBe('100')
  })

  it('a read of the database is found out by this', async (context) => {
    const printed = await run('cold')
    context.skip(
      printed === 'unavailable',
      'this kernel does not let a thread give up system calls',
    )
    expect(printed).toBe('')
  })
})
