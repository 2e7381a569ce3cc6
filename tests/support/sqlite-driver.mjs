/**
 * The SQLite that this Node has: built in from 22.16 on, before that the drop-in package. Only for what no public verb
 * can do, such as a stranger's process that holds a snapshot of the database open.
 */
export async function openDatabase(path) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const builtIn = major > 22 || (major === 22 && minor >= 16)
  const { DatabaseSync } = await import(builtIn ? 'node:sqlite' : '@photostructure/sqlite')
  return new DatabaseSync(path)
}
