// `node scripts/build-shuffle.mjs`: compiles assembly/shuffle.ts and writes src/frame/shuffle-wasm.ts. The same source and
// compiler give the same bytes; tests/frame/shuffle-build.test.ts compares.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import { root, ScriptError } from './project.mjs'

/** As src/frame/shuffle-kernel.ts divides them. The memory never grows. */
const pages = 4

const flags = [
  ...['-O3', '--noAssert', '--converge', '--runtime', 'stub', '--use', 'abort='],
  ...['--enable', 'simd', '--disable', 'mutable-globals'],
  ...['--initialMemory', `${pages}`, '--maximumMemory', `${pages}`],
]

/** The text of src/frame/shuffle-wasm.ts. @returns {Promise<string>} */
export async function buildShuffle() {
  const source = readFileSync(join(root, 'assembly', 'shuffle.ts'), 'utf8')
  let binary
  const { error, stderr } = await asc.main(['shuffle.ts', '--outFile', 'shuffle.wasm', ...flags], {
    readFile: (name) => (name === 'shuffle.ts' ? source : null),
    writeFile(name, contents) {
      if (name.endsWith('.wasm')) binary = contents
    },
    listFiles: () => [],
  })
  if (error || binary === undefined)
    throw new ScriptError(`assembly/shuffle.ts does not compile:\n${stderr.toString()}`)
  return moduleText(Buffer.from(binary).toString('base64'))
}

function moduleText(base64) {
  const lines = base64.match(/.{1,96}/g).map((line) => `  '${line}',`)
  return [
    '// Written by scripts/build-shuffle.mjs from assembly/shuffle.ts. Do not edit.',
    '',
    '/** The WebAssembly module of the byte shuffle, in base64. */',
    'export const shuffleWasm: string = [',
    ...lines,
    "].join('')",
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(join(root, 'src', 'frame', 'shuffle-wasm.ts'), await buildShuffle())
