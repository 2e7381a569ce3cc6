import { join } from 'node:path'
import { build } from 'vite'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const root = join(import.meta.dirname, '..', '..')

/** The module `source` of this package and what it imports, as one file that a plain Node process can import. */
export async function buildModule(source: string): Promise<string> {
  const directory = temporaryDirectory()
  await build({
    root,
    configFile: false,
    logLevel: 'silent',
    build: {
      ssr: join(root, source),
      outDir: directory,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: 'module.mjs' } },
    },
  })
  return join(directory, 'module.mjs')
}
