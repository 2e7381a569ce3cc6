import { join } from 'node:path'
import { runnerImport } from 'vite'
import { type Mutant, mutants } from './mutants.ts'

type Simulator = typeof import('./simulate.ts')

const root = join(import.meta.dirname, '..', '..')

/** The simulator over a cache with the bug `name`. @throws Error if the source has no such place any more. */
export async function plant(name: string): Promise<Simulator> {
  const mutant = mutants[name]
  if (mutant === undefined)
    throw new Error(`no such bug as '${name}' among: ${Object.keys(mutants).join(', ')}`)
  let isPlanted = false
  const { module } = await runnerImport<Simulator>(join(import.meta.dirname, 'simulate.ts'), {
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'mutant',
        enforce: 'pre',
        transform(code: string, id: string) {
          if (!id.endsWith(`/src/cache/${mutant.file}`)) return
          isPlanted = code.includes(mutant.find)
          return planted(code, mutant)
        },
      },
    ],
  })
  if (!isPlanted)
    throw new Error(`'${name}': src/cache/${mutant.file} has no \`${mutant.find}\` any more`)
  return module
}

function planted(code: string, { find, put }: Mutant): string {
  return code.replace(find, () => put)
}
