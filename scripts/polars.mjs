// `node scripts/polars.mjs`: nodejs-polars and its binary for this machine in .cache/polars, for tests and benchmarks. Not a
// devDependency: it is 70 MB on top of everything else, and has no binary for some machines. Does nothing when it is there.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { npmCommand, root, run, runAsScript } from './project.mjs'

const version = '0.26.1'
const folder = join(root, '.cache', 'polars')
const packageFolder = join(folder, 'node_modules', 'nodejs-polars')

/** Folder of an installed nodejs-polars, for `require`; `false` after saying why there is none. */
export function polars() {
  const binary = binaryPackage()
  if (binary === undefined)
    return missing(`it has no binary for ${process.platform} on ${process.arch}`)
  if (isInstalled(binary)) return packageFolder
  console.log(`polars: installing nodejs-polars@${version} into .cache/polars`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true }))
  const npm = npmCommand()
  const flags = ['--no-audit', '--no-fund', '--no-save', '--no-package-lock', '--loglevel=error']
  // The binary is named, too: npm leaves optional dependencies out where it is told to, and then nothing works.
  const packages = [`nodejs-polars@${version}`, `${binary}@${version}`]
  const code = run(
    npm.command,
    [...npm.args, 'install', '--prefix', folder, ...flags, ...packages],
    {
      cwd: folder,
      timeout: 180_000,
    },
  )
  return code === 0 && isInstalled(binary) ? packageFolder : missing(`npm ended with code ${code}`)
}

function missing(reason) {
  console.log(`polars: no nodejs-polars: ${reason}`)
  return false
}

function isInstalled(binary) {
  return [packageFolder, join(folder, 'node_modules', binary)].every((path) => {
    const manifest = join(path, 'package.json')
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === version
  })
}

function binaryPackage() {
  const { platform, arch } = process
  const known = {
    'linux-x64': `linux-x64-${libc()}`,
    'linux-arm64': `linux-arm64-${libc()}`,
    'darwin-x64': 'darwin-x64',
    'darwin-arm64': 'darwin-arm64',
    'win32-x64': 'win32-x64-msvc',
  }[`${platform}-${arch}`]
  return known && `nodejs-polars-${known}`
}

function libc() {
  return process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'
}

await runAsScript(import.meta.url, () => {
  const found = polars()
  if (found === false) return 1
  console.log(`polars: ${found}`)
  return 0
})
