// Ends the process when one case runs for too long, and says which: the thread it runs in cannot.
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

const { state, seed } = workerData
const patience = 60_000
const interval = 5_000

let last = -1
let since = Date.now()

setInterval(() => {
  const number = state[0]
  if (number !== last) {
    last = number
    since = Date.now()
  } else if (Date.now() - since > patience) {
    writeSync(
      2,
      `fuzz: case ${number} does not end. Repeat it: npm run fuzz -- --seed ${seed} --from ${number} --cases 1\n`,
    )
    process.kill(process.pid, 'SIGKILL')
  }
}, interval)
