/** What is counted beside what the process says it took: by the program of the tests, in a process of its own. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { POLICIES } from './subjects.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const BAR = { atMost: 25 }

export function runAccounting(context) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  try {
    const from = (file) => JSON.stringify(pathToFileURL(join(root, 'dist/memory', file)).href)
    const module = join(folder, 'measured.mjs')
    writeFileSync(
      module,
      `export * from ${from('memory-store.js')}\nexport * from ${from('value-size.js')}\n`,
    )
    context.progress('bytes counted and bytes taken')
    for (const [kind, pair] of Object.entries(measure(module, 'values')))
      report(context, `bytes counted, ${kind}`, 'sizeOfValue', pair)
    for (const policy of POLICIES)
      for (const [kind, pair] of Object.entries(measure(module, 'store', policy)))
        report(context, `bytes counted, entries ${kind}`, policy, pair)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function measure(module, ...what) {
  const program = join(root, 'tests/memory/programs/heap.mjs')
  const child = spawnSync(process.execPath, ['--expose-gc', program, module, ...what], {
    encoding: 'utf8',
  })
  if (child.status !== 0) throw new Error(`${program} failed: ${child.stderr}`)
  return JSON.parse(child.stdout).found
}

/** The error in percent: above 100 % would be too much counted, below too little. */
function report({ results }, title, subject, [counted, taken]) {
  const error = (counted / taken - 1) * 100
  results.figure({
    title,
    basis: '% off',
    value: [Math.abs(error)],
    bar: BAR,
    ours: { name: subject },
  })
  results.measurements.push({ op: 'accounting', title, subject, counted, taken, error })
}
