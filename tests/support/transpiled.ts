import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { build } from 'vite'
import { afterAll } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const folders: string[] = []
const made = new Map<string, Promise<string>>()

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/**
 * Path of plain JavaScript made of a module of `src/` and all that it imports from there, such as
 * `transpiled('src/util/memory-map.ts')`, for child processes to import: of modules that the package does not export, and
 * without a build. It lies in the project, so it finds the packages; it goes when the tests of the file are
 * done.
 */
export function transpiled(module: string): Promise<string> {
  const result = made.get(module) ?? transpile(module)
  made.set(module, result)
  return result
}

async function transpile(module: string): Promise<string> {
  const parent = join(root, '.cache', 'transpiled')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, 'of-'))
  folders.push(folder)
  const file = basename(module, '.ts')
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: join(root, module),
      outDir: folder,
      target: 'node20',
      minify: false,
      rollupOptions: { output: { entryFileNames: `${file}.mjs` } },
    },
  })
  return join(folder, `${file}.mjs`)
}
