/** Python caches as subjects: a virtual environment each, and a process that works in slices. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const INSTALL_LIMIT_MS = 180_000

/** `environment` names a file in `requirements/`. Kept between runs. */
export const PYTHON_PEERS = [
  { name: 'SciQLop 0.1.3', package: 'sciqlop', environment: 'sciqlop-0.1.3' },
  { name: 'SciQLop with counters', package: 'sciqlop', environment: 'sciqlop-counters' },
  { name: 'diskcache', package: 'diskcache', environment: 'diskcache' },
]

/** The Python of the environment, made at first use. @throws Error that says what failed. */
export function pythonOf({ environment }) {
  const folder = here(`./.venv/${environment}`)
  const python = `${folder}/bin/python`
  const done = `${folder}/installed`
  if (existsSync(done)) return python
  command('python3', ['-m', 'venv', folder])
  const requirements = here(`./requirements/${environment}.txt`)
  command(python, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    requirements,
  ])
  command('touch', [done])
  return python
}

function command(program, args) {
  const result = spawnSync(program, args, { encoding: 'utf8', timeout: INSTALL_LIMIT_MS })
  if (result.status === 0) return
  const reason = result.error?.message ?? result.stderr.trim().split('\n').at(-1)
  throw new Error(`${program} ${args.slice(0, 3).join(' ')}: ${reason}`)
}

/** A process that holds one cache open. `ask` sends a command and gives the answer. */
export async function openPeer(peer, directory) {
  const child = spawn(pythonOf(peer), [here('./slice.py'), peer.package, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`the process of ${peer.name} ended early`)
    return JSON.parse(value)
  }
  const { version } = await answer()
  const ask = (op, options) => {
    child.stdin.write(`${JSON.stringify({ op, ...options })}\n`)
    return answer()
  }
  return {
    name: peer.name,
    version,
    ask,
    run: async (op, count) => Float64Array.from((await ask(op, { count })).samples),
    close: () => child.stdin.end(),
  }
}
