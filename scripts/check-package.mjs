// `npm run check:package`: is what `npm publish` would send right? Packs it, lints it, and uses it as a stranger would.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.mjs'
import { capture, npmCommand, root, runAsScript, ScriptError } from './project.mjs'
import { setUp } from './setup.mjs'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

function main() {
  setUp({ quiet: true })
  build({ quiet: true })
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-package-'))
  try {
    const checks = [
      ['exports name files that exist', checkExports],
      ['index files are written by hand', checkIndexFiles],
      ['the tarball holds what it should', () => checkContents(folder)],
      ['publint', () => runTool('publint', 'src/cli.js', ['--strict', tarball(folder)])],
      [
        'are the types wrong',
        () =>
          runTool('@arethetypeswrong/cli', 'dist/index.js', [
            '--profile',
            'esm-only',
            tarball(folder),
          ]),
      ],
      ['a new project can use it', () => checkInstall(folder)],
    ]
    return checks.filter(([name, check]) => !passes(name, check)).length === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function passes(name, check) {
  try {
    const note = check()
    console.log(`package: ok: ${name}${note ? ` (${note})` : ''}`)
    return true
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error
    console.log(`package: FAILED: ${name}\n${error.message}`)
    return false
  }
}

/** Every file that `exports` and `bin` name, as `[name, path]`. */
function namedFiles() {
  const targets = Object.entries(manifest.exports).flatMap(([name, target]) =>
    typeof target === 'string'
      ? [[name, target]]
      : Object.values(target).map((path) => [name, path]),
  )
  return [...targets, ...Object.entries(manifest.bin)]
}

function checkExports() {
  const missing = namedFiles().filter(([, path]) => !existsSync(join(root, path)))
  if (missing.length > 0)
    throw new ScriptError(
      missing.map(([name, path]) => `${name}: ${path} does not exist`).join('\n'),
    )
}

/** The source of each entry point: only named exports, so that nothing becomes public by accident. */
function checkIndexFiles() {
  const sources = entryPoints().map((path) =>
    path.replace('./dist/', 'src/').replace(/\.js$/, '.ts'),
  )
  for (const path of sources) {
    const text = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined
    if (text === undefined) throw new ScriptError(`${path} does not exist`)
    if (/^\s*export\s+(\*|default\b)/m.test(text))
      throw new ScriptError(`${path} has 'export *' or a default export`)
  }
}

function entryPoints() {
  return Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [] : [target.default],
  )
}

let packed

/** Path of the tarball, packed once. */
function tarball(folder) {
  packed ??= pack(folder)
  return packed.path
}

function pack(folder) {
  const npm = npmCommand()
  const output = capture(npm.command, [
    ...npm.args,
    'pack',
    '--json',
    '--ignore-scripts',
    '--pack-destination',
    folder,
  ])
  const answer = JSON.parse(output)
  // npm 12 answers with an object by package name, npm 11 and older with a list.
  const { filename, files, unpackedSize } = Array.isArray(answer)
    ? answer[0]
    : Object.values(answer)[0]
  return { path: join(folder, filename), files: files.map((file) => file.path), unpackedSize }
}

function checkContents(folder) {
  tarball(folder)
  const { files, unpackedSize } = packed
  const wanted = [
    'package.json',
    'README.md',
    'LICENSE',
    ...namedFiles().map(([, path]) => path.replace('./', '')),
  ]
  const missing = wanted.filter((path) => !files.includes(path))
  const allowed = /^(dist|src|docs)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/
  const unwanted = files.filter(
    (path) => !allowed.test(path) || /\.test\.|\.tsbuildinfo$/.test(path),
  )
  const complaints = [
    ...missing.map((path) => `${path} is missing`),
    ...unwanted.map((path) => `${path} does not belong`),
  ]
  if (complaints.length > 0) throw new ScriptError(complaints.join('\n'))
  return `${files.length} files, ${Math.round(unpackedSize / 1024)} KiB unpacked`
}

function runTool(name, script, args) {
  const folder = join(root, 'node_modules', name)
  if (!existsSync(join(folder, script))) throw new ScriptError(`${name} has no ${script}`)
  capture(process.execPath, [join(folder, script), ...args])
}

/** Installs the tarball into an empty project, imports every entry point and runs the command. */
function checkInstall(folder) {
  const project = mkdtempSync(join(folder, 'project-'))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const npm = npmCommand()
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  capture(npm.command, [...npm.args, 'install', '--prefix', project, ...flags, tarball(folder)], {
    cwd: project,
  })
  const names = Object.keys(manifest.exports).filter((name) => name !== './package.json')
  for (const name of names) {
    const id = name.replace('.', manifest.name)
    const line = `const all = await import('${id}'); if (Object.keys(all).length === 0) throw new Error('${id} exports nothing')`
    capture(process.execPath, ['--input-type=module', '-e', line], { cwd: project })
  }
  const command = join(project, 'node_modules', manifest.name, manifest.bin.holdfast)
  const version = capture(process.execPath, [command, '--version'], { cwd: project }).trim()
  if (version !== manifest.version) throw new ScriptError(`holdfast --version printed '${version}'`)
  return `imported ${names.length} entry points, holdfast ${version}`
}

await runAsScript(import.meta.url, main)
