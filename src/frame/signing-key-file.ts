import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { HoldfastError } from '../contracts/errors.ts'
import { makeFolders } from '../util/make-folders.ts'
import { leastKeyBytes } from './key-bytes.ts'

/** Nobody has such a key; a path to something else may well be given by mistake. */
const mostKeyBytes = 65_536

/** Windows has neither flag, nor owners and modes that say anything. */
const hasModes = process.platform !== 'win32'
const readFlags = constants.O_RDONLY | (hasModes ? constants.O_NOFOLLOW | constants.O_NONBLOCK : 0)

/** `$XDG_STATE_HOME/holdfast/signing.key`; a relative one of these is to be ignored, says the XDG specification. */
export function defaultKeyFile(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['XDG_STATE_HOME'] ?? ''
  const state = isAbsolute(given) ? given : join(homeDirectory(), '.local', 'state')
  return join(state, 'holdfast', 'signing.key')
}

function homeDirectory(): string {
  try {
    return homedir()
  } catch (error) {
    throw new HoldfastError(
      'ERR_KEY_FILE',
      'Signing: this user has no home directory for the key file. Set XDG_STATE_HOME, or give signing({ key: { file } }).',
      { cause: error },
    )
  }
}

/**
 * The key in `file`. Where nothing is, it is made first; of any number of processes that do so at once, all get one key.
 * @throws HoldfastError `ERR_KEY_FILE` for a file that may not be used; it is never changed or replaced.
 */
export function readOrCreateKeyFile(file: string): Buffer {
  const path = resolve(file)
  const existing = readIfThere(path)
  if (existing !== undefined) return existing
  createKeyFile(path)
  return readKeyFile(path)
}

/** The key in `file`, which exists. @throws HoldfastError `ERR_KEY_FILE`. */
export function readKeyFile(file: string): Buffer {
  const path = resolve(file)
  const key = readIfThere(path)
  if (key !== undefined) return key
  throw refused(path, 'there is no such file', 'Give the path of the key that signed')
}

function readIfThere(path: string): Buffer | undefined {
  let descriptor: number
  try {
    descriptor = openSync(path, readFlags)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw cannotOpen(path, error)
  }
  try {
    return readKey(path, descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function readKey(path: string, descriptor: number): Buffer {
  const status = fstatSync(descriptor)
  checkStatus(path, status)
  const key = Buffer.allocUnsafeSlow(status.size)
  let length = 0
  while (length < key.length) {
    const count = readSync(descriptor, key, length, key.length - length, null)
    if (count === 0) throw tooShort(path)
    length += count
  }
  return key
}

/** All of it is asked of the open descriptor, so that nothing can be put in its place between the question and the reading. */
function checkStatus(path: string, status: Stats): void {
  if (!status.isFile()) throw refused(path, 'it is not an ordinary file', 'Give the path of a file')
  const user = hasModes ? process.geteuid?.() : undefined
  if (user !== undefined && status.uid !== user)
    throw refused(path, 'it belongs to another user', 'Use a key file of your own')
  if (hasModes && (status.mode & 0o077) !== 0)
    throw refused(
      path,
      'others than its owner may read or write it',
      'If nobody else can have read it, take that away (chmod 600); otherwise make a new key and delete the store',
    )
  if (status.size < leastKeyBytes) throw tooShort(path)
  if (status.size > mostKeyBytes)
    throw refused(path, `it has more than ${mostKeyBytes} bytes`, 'Give the path of a key file')
}

/**
 * The key gets its name only once it is complete and on the disk: written under another name, then linked, which unlike a
 * rename never replaces what another process linked before. A crash leaves at most a file that nobody looks for.
 */
function createKeyFile(path: string): void {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`)
  let isWritten = false
  try {
    makeFolders(folder)
    const descriptor = openSync(temporary, 'wx', 0o600)
    isWritten = true
    try {
      writeKey(descriptor)
    } finally {
      closeSync(descriptor)
    }
    linkUnlessThere(temporary, path)
    syncFolder(folder)
  } catch (error) {
    throw cannotCreate(path, error)
  } finally {
    if (isWritten) rmSync(temporary, { force: true })
  }
}

function writeKey(descriptor: number): void {
  const key = randomBytes(leastKeyBytes)
  // A umask can take the owner's own rights away.
  if (hasModes) fchmodSync(descriptor, 0o600)
  let length = 0
  while (length < key.length) length += writeSync(descriptor, key, length)
  fsyncSync(descriptor)
  key.fill(0)
}

function linkUnlessThere(temporary: string, path: string): void {
  try {
    linkSync(temporary, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** So that a key that signed entries is not lost with the power. */
function syncFolder(folder: string): void {
  if (!hasModes) return
  const descriptor = openSync(folder, constants.O_RDONLY)
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function cannotOpen(path: string, error: unknown): HoldfastError {
  const code = codeOf(error)
  if (code === 'ELOOP' || code === 'EMLINK')
    return refused(path, 'it is a symbolic link', 'Give the path of the file itself', error)
  return refused(path, `it cannot be read (${code})`, 'Let its owner alone read it', error)
}

function cannotCreate(path: string, error: unknown): HoldfastError {
  return refused(
    path,
    `it cannot be made (${codeOf(error)})`,
    'Give a path where this user can make files and hard links, or keep the key elsewhere and give its bytes',
    error,
  )
}

function tooShort(path: string): HoldfastError {
  return refused(
    path,
    `it has fewer than ${leastKeyBytes} bytes`,
    'Put the right key there, or remove the file and have a new one made: what was signed then becomes a miss',
  )
}

function refused(path: string, why: string, todo: string, cause?: unknown): HoldfastError {
  return new HoldfastError(
    'ERR_KEY_FILE',
    `${path}: refused as a signing key, because ${why}. ${todo}. It was not changed.`,
    { cause },
  )
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : 'unknown'
}
