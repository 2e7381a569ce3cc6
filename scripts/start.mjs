// `npm start [-- DIR]`: makes a fresh clone ready and runs the demo on DIR.
import { join } from 'node:path'
import { build } from './build.mjs'
import { root, run, runAsScript } from './project.mjs'
import { setUp } from './setup.mjs'

await runAsScript(import.meta.url, (args) => {
  setUp({ quiet: true })
  build({ quiet: true })
  // npm moves to the project folder; a relative DIR is meant from where the user stood.
  const cwd = process.env.INIT_CWD ?? process.cwd()
  return run(process.execPath, [join(root, 'dist', 'cli', 'main.js'), 'demo', ...args], { cwd })
})
