import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { pause } from '../util/pause.ts'
import type { Layout } from './directory.ts'
import { isGone, ownIdentity, type ProcessIdentity } from './process-identity.ts'

/** Sets a damaged database and its value files aside, in a folder beside them. @returns the folder. */
export function quarantine(layout: Layout): string {
  const time = new Date().toISOString().replace(/[:.]/g, '-')
  const folder = join(
    layout.directory,
    `holdfast.quarantine-${time}-${randomBytes(3).toString('hex')}`,
  )
  mkdirSync(folder, { mode: 0o700 })
  const identity = join(layout.shared, 'store-id')
  for (const path of [
    layout.database,
    `${layout.database}-wal`,
    `${layout.database}-shm`,
    layout.values,
    identity,
  ]) {
    if (existsSync(path)) renameSync(path, join(folder, basename(path)))
  }
  return folder
}

/**
 * Runs `work` while no other process is setting this store aside.
 * @throws HoldfastError `ERR_BUSY` after `timeout` milliseconds.
 */
export function withRecreateLock<T>(layout: Layout, timeout: number, work: () => T): T {
  const path = join(layout.directory, 'holdfast.recreating')
  const deadline = performance.now() + timeout
  while (!tryLock(path)) {
    if (performance.now() > deadline) {
      throw new HoldfastError(
        'ERR_BUSY',
        `${layout.directory}: another process is setting the damaged store aside.`,
      )
    }
    pause(2 + Math.random() * 3)
  }
  try {
    return work()
  } finally {
    rmSync(path, { force: true })
  }
}

function tryLock(path: string): boolean {
  try {
    writeFileSync(path, JSON.stringify(ownIdentity()), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error
  }
  if (ownerGone(path)) rmSync(path, { force: true })
  return false
}

function ownerGone(path: string): boolean {
  try {
    return isGone(JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity)
  } catch {
    return false // released meanwhile, or being written
  }
}
