import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const node24 = join(root, '.cache', 'node24', 'node_modules', 'node', 'bin', 'node')

/** A Node to start children with; the ones that are not here say why. */
export interface NodeVersion {
  readonly name: string
  readonly path: string
  readonly missing?: string
}

/**
 * The Node that runs the tests, and another beside it: Node 24 where `npm run test:node24` has put one, and under Node 24 the one
 * that the machine has.
 */
export const nodeVersions: readonly NodeVersion[] = [
  { name: `Node ${process.versions.node}`, path: process.execPath },
  process.versions.node.startsWith('24.') ? machines() : besides(),
]

function machines(): NodeVersion {
  const path = process.env['HOLDFAST_OTHER_NODE']
  if (path !== undefined) return { name: 'the Node of this machine', path }
  return { name: 'another Node', path: '', missing: 'this is Node 24 and the only one here' }
}

function besides(): NodeVersion {
  const found = { name: 'Node 24', path: node24 }
  if (existsSync(node24)) return found
  return { ...found, missing: 'no Node 24 here: npm run test:node24 installs one' }
}
