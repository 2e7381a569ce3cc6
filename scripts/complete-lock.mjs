// `node scripts/complete-lock.mjs`: adds to package-lock.json the binaries for other platforms that npm left out.
// A registry mirror that lacks, say, a macOS binary makes npm write a lock file without it, and then `npm ci` refuses that
// file on every platform. Their versions are exact in the package that wants them, and their names say what they are for.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runAsScript, ScriptError } from './project.mjs'

const systems =
  /(?<=^|[-_/])(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)(?=[-_]|$)/
const processors =
  /(?<=[-_])(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64|mips64el|wasm32)(?=[-_]|$)/

function completeLock() {
  const file = join(root, 'package-lock.json')
  const lock = JSON.parse(readFileSync(file, 'utf8'))
  const added = []
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (path === '' || isLocked(lock.packages, path, name)) continue
      lock.packages[`node_modules/${name}`] = binaryEntry(name, version, entry)
      added.push(`${name}@${version}`)
    }
  }
  if (added.length > 0) {
    lock.packages = sorted(lock.packages)
    writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
  }
  console.log(
    added.length === 0
      ? 'complete-lock: nothing is missing'
      : `complete-lock: added ${added.join(', ')}`,
  )
}

/** Whether Node's look-up from `path` upwards meets `name`. */
function isLocked(packages, path, name) {
  for (
    let folder = path;
    folder !== '';
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))
  ) {
    if (packages[`${folder}/node_modules/${name}`]) return true
  }
  return Boolean(packages[`node_modules/${name}`])
}

function binaryEntry(name, version, parent) {
  const system = systems.exec(name)?.[0]
  const processor = processors.exec(name)?.[0]
  if (!/^\d+\.\d+\.\d+/.test(version) || !processor || (!system && processor !== 'wasm32')) {
    throw new ScriptError(
      `complete-lock: ${name}@${version} is not locked, and its name does not say its platform`,
    )
  }
  const libc =
    system !== 'linux'
      ? undefined
      : name.includes('musl')
        ? 'musl'
        : name.includes('gnu')
          ? 'glibc'
          : undefined
  return {
    version,
    cpu: [processor],
    ...(parent.dev ? { dev: true } : {}),
    ...(libc ? { libc: [libc] } : {}),
    ...(parent.license ? { license: parent.license } : {}),
    optional: true,
    ...(system ? { os: [system] } : {}),
    ...(parent.engines ? { engines: parent.engines } : {}),
  }
}

function sorted(packages) {
  return Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')))
}

await runAsScript(import.meta.url, completeLock)
