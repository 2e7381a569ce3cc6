// `node scripts/python-env.mjs [PACKAGE==VERSION ...]`: a virtual environment of Python in .cache/python with the peers that
// tests and benchmarks compare with. Does nothing when it is there already.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root, runAsScript } from './project.mjs'

/** What is installed unless the caller says otherwise: the versions that were observed. */
export const peers = ['diskcache==5.6.3', 'pysciqlop-cache==0.1.3']

/**
 * Path of a Python that has `packages` (each pinned, `name==version`) from PyPI, or `false` after saying why there is none: a
 * machine without Python or without the network still runs the rest of the suite.
 * `name` is the folder below .cache: versions of one package that cannot live together get one each.
 */
export function pythonEnv(packages = peers, { name = 'python' } = {}) {
  const folder = join(root, '.cache', name)
  const python =
    process.platform === 'win32'
      ? join(folder, 'Scripts', 'python.exe')
      : join(folder, 'bin', 'python')
  if (hasAll(python, packages)) return python
  const reason = create(folder, python) ?? install(python, packages)
  if (reason === undefined && hasAll(python, packages)) return python
  const what = reason ?? 'pip installed something else than was asked for'
  console.log(`python-env: no Python with ${packages.join(', ')}: ${what}`)
  return false
}

/** @returns why it did not work, or `undefined` */
function create(folder, python) {
  if (existsSync(python)) return undefined
  mkdirSync(join(root, '.cache'), { recursive: true })
  const found = process.platform === 'win32' ? 'python' : 'python3'
  return failure(`${found} -m venv`, spawnSync(found, ['-m', 'venv', '--clear', folder], options))
}

function install(python, packages) {
  const flags = ['--quiet', '--disable-pip-version-check', '--no-input', '--retries=1']
  // Wheels only: building from source takes compilers and minutes.
  const args = [
    '-m',
    'pip',
    'install',
    ...flags,
    '--timeout=10',
    '--only-binary=:all:',
    ...packages,
  ]
  return failure('pip install', spawnSync(python, args, options))
}

const options = { encoding: 'utf8', timeout: 180_000 }

function failure(what, { status, error, stderr }) {
  if (status === 0) return undefined
  const lines = (stderr ?? '').trim().split('\n')
  return `${what} failed (${error?.message ?? lines.at(-1)})`
}

function hasAll(python, packages) {
  if (!existsSync(python)) return false
  const program = `import sys, importlib.metadata as m
for wanted in sys.argv[1:]:
    name, version = wanted.split('==')
    assert m.version(name) == version`
  return spawnSync(python, ['-c', program, ...packages], options).status === 0
}

await runAsScript(import.meta.url, (args) => {
  const python = pythonEnv(args.length > 0 ? args : peers)
  if (python === false) return 1
  console.log(`python-env: ${python}`)
  return 0
})
