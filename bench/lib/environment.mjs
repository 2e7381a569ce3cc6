/** Where and on what the benchmark runs: printed with every table and drawn on every chart. */
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'

const FILE_SYSTEMS = {
  0x01021994: 'tmpfs',
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x794c7630: 'overlay',
  0x2fc12fc1: 'zfs',
}

/** What the stores of a complete run take at most, with those of the peers. */
const ROOM = 4 * 2 ** 30

/** A fresh directory for the stores: in `--dir`, else in memory, else where temporary files go. */
export function workDirectory(wanted) {
  const parent = wanted ?? (hasRoom('/dev/shm') ? '/dev/shm' : tmpdir())
  mkdirSync(parent, { recursive: true })
  const directory = mkdtempSync(join(parent, 'holdfast-bench-'))
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  process.once('exit', remove)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
  return { directory, parent, fileSystem: fileSystemOf(directory) }
}

/** Containers often have a memory file system of 64 MiB, too small for the stores. */
function hasRoom(path) {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize >= ROOM
  } catch {
    return false
  }
}

function fileSystemOf(path) {
  const { type } = statfsSync(path)
  return FILE_SYSTEMS[type] ?? `type 0x${type.toString(16)}`
}

export function describeMachine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? process.arch,
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: process.platform,
  }
}
