import { execFile, execFileSync, fork } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readKeyFile, readOrCreateKeyFile } from '../../src/frame/signing-key-file.ts'
import { codeOf, errorOf } from '../support/code-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { keyOf } from './encryption-support.ts'
import { buildModule } from './signing-support.ts'

const isRoot = process.getuid?.() === 0
const nobody = 65_534

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o7777
}

/** All that could show that somebody touched `path`. */
function traceOf(path: string): unknown {
  const { mode, uid, gid, size, mtimeNs, ctimeNs, ino, nlink } = lstatSync(path, { bigint: true })
  const isFile = lstatSync(path).isFile()
  const content = isFile ? readFileSync(path).toString('hex') : ''
  return { mode, uid, gid, size, mtimeNs, ctimeNs, ino, nlink, content }
}

/** Both ways of reading refuse `file`, and leave it and `others` as they are. */
function expectRefusal(file: string, ...others: string[]): void {
  const paths = [file, dirname(file), ...others]
  const before = paths.map(traceOf)
  for (const read of [readOrCreateKeyFile, readKeyFile]) {
    const error = errorOf(() => read(file))
    expect(error.code).toBe('ERR_KEY_FILE')
    expect(error.message).toContain(file)
  }
  expect(paths.map(traceOf)).toEqual(before)
}

function fileWith(content: Uint8Array | string, mode: number): string {
  const file = join(temporaryDirectory(), 'key')
  writeFileSync(file, content)
  chmodSync(file, mode)
  return file
}

describe('a new key file', () => {
  it('has 32 bytes, is private, and leaves nothing beside it', () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'state', 'holdfast', 'signing.key')
    const key = readOrCreateKeyFile(file)
    expect(key).toHaveLength(32)
    expect(readFileSync(file)).toEqual(key)
    expect(modeOf(file)).toBe(0o600)
    expect(modeOf(dirname(file))).toBe(0o700)
    expect(modeOf(join(directory, 'state'))).toBe(0o700)
    expect(readdirSync(dirname(file))).toEqual(['signing.key'])
    expect(statSync(file).nlink).toBe(1)
  })

  it('is read and left alone from then on', () => {
    const file = join(temporaryDirectory(), 'key')
    const key = readOrCreateKeyFile(file)
    const before = traceOf(file)
    expect(readOrCreateKeyFile(file)).toEqual(key)
    expect(readKeyFile(file)).toEqual(key)
    expect(traceOf(file)).toEqual(before)
  })

  it('is another one each time', () => {
    const [one, two] = [temporaryDirectory(), temporaryDirectory()].map((directory) =>
      readOrCreateKeyFile(join(directory, 'key')).toString('hex'),
    )
    expect(one).not.toBe(two)
  })

  it.each(['000', '022', '277', '777'])('is private and readable under umask %s', (mask) => {
    const file = join(temporaryDirectory(), 'key')
    const before = process.umask(Number.parseInt(mask, 8))
    try {
      readOrCreateKeyFile(file)
    } finally {
      process.umask(before)
    }
    expect(modeOf(file)).toBe(0o600)
  })

  it('leaves a folder that is there with the mode it has', () => {
    const directory = temporaryDirectory()
    chmodSync(directory, 0o755)
    readOrCreateKeyFile(join(directory, 'key'))
    expect(modeOf(directory)).toBe(0o755)
  })

  it('is not made where only a previous key is looked for', () => {
    const directory = temporaryDirectory()
    expect(codeOf(() => readKeyFile(join(directory, 'key')))).toBe('ERR_KEY_FILE')
    expect(readdirSync(directory)).toEqual([])
  })

  it('is refused where it cannot be: below a file', () => {
    const file = fileWith('x', 0o600)
    expect(codeOf(() => readOrCreateKeyFile(join(file, 'key')))).toBe('ERR_KEY_FILE')
    expect(readFileSync(file, 'utf8')).toBe('x')
  })
})

describe('a key file of the user', () => {
  it.each(['600', '400', '700'])('is read with mode %s', (octal) => {
    const mode = Number.parseInt(octal, 8)
    const file = fileWith(keyOf(1), mode)
    expect(readOrCreateKeyFile(file)).toEqual(Buffer.from(keyOf(1)))
    expect(modeOf(file)).toBe(mode)
  })

  it('may be longer, and counts as a whole', () => {
    const long = Buffer.alloc(65_536, 5)
    expect(readOrCreateKeyFile(fileWith(long, 0o600)).equals(long)).toBe(true)
  })

  it('may be reached through a link of its folder', () => {
    const file = fileWith(keyOf(1), 0o600)
    const link = join(temporaryDirectory(), 'link')
    symlinkSync(dirname(file), link)
    expect(readOrCreateKeyFile(join(link, 'key'))).toEqual(Buffer.from(keyOf(1)))
  })
})

describe('refused and never touched is', () => {
  it.each([0, 1, 31])('a file of %i bytes', (size) => {
    expectRefusal(fileWith(keyOf(1).subarray(0, size), 0o600))
  })

  it('a file that is too long to be a key', () => {
    expectRefusal(fileWith(Buffer.alloc(65_537, 1), 0o600))
  })

  it.each(['640', '620', '610', '604', '602', '601', '644', '666'])(
    'a file with mode %s',
    (mode) => {
      expectRefusal(fileWith(keyOf(1), Number.parseInt(mode, 8)))
    },
  )

  it('a symbolic link, to a good key, a victim, nothing or itself', () => {
    const directory = temporaryDirectory()
    const [key, victim] = [fileWith(keyOf(1), 0o600), fileWith('victim', 0o644)]
    for (const [name, target] of Object.entries({
      key,
      victim,
      dangling: join(directory, 'none'),
      self: 'self',
    })) {
      symlinkSync(target, join(directory, name))
      expectRefusal(join(directory, name), key, victim)
    }
    expect(readdirSync(directory).sort()).toEqual(['dangling', 'key', 'self', 'victim'])
  })

  it('a directory', () => {
    const file = join(temporaryDirectory(), 'key')
    mkdirSync(file, { mode: 0o600 })
    expectRefusal(file)
  })

  it('a fifo, without waiting for a writer', () => {
    const file = join(temporaryDirectory(), 'key')
    execFileSync('mkfifo', ['-m', '600', file])
    expectRefusal(file)
  })

  it('a socket', async () => {
    const file = join(temporaryDirectory(), 'key')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(file, resolve))
    try {
      chmodSync(file, 0o600)
      expectRefusal(file)
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('a device', () => {
    for (const device of ['/dev/zero', '/dev/null'])
      expect(codeOf(() => readOrCreateKeyFile(device))).toBe('ERR_KEY_FILE')
  })

  it.skipIf(!isRoot)('a file of another user (only root can make one: skipped elsewhere)', () => {
    const file = fileWith(keyOf(1), 0o600)
    chownSync(file, nobody, nobody)
    expectRefusal(file)
  })

  it('a file that this user cannot read', async () => {
    const program = `
      import { readOrCreateKeyFile } from MODULE
      try { readOrCreateKeyFile(process.argv[1]); console.log('read') } catch (error) { console.log(error.code) }
    `
    const module = await buildModule('src/frame/signing-key-file.ts')
    const file = fileWith(keyOf(1), 0o000)
    const { ino, mtimeNs } = lstatSync(file, { bigint: true })
    // Root reads everything, so this is asked as another user, who owns the file.
    const owner = isRoot ? { uid: nobody, gid: nobody } : {}
    if (isRoot)
      for (const path of [module, dirname(module), file, dirname(file)])
        chownSync(path, nobody, nobody)
    expect(await run(program, module, [file], owner)).toBe('ERR_KEY_FILE\n')
    expect(lstatSync(file, { bigint: true })).toMatchObject({ ino, mtimeNs })
    expect(modeOf(file)).toBe(0)
    chmodSync(file, 0o600)
    expect(readFileSync(file)).toEqual(Buffer.from(keyOf(1)))
  })
})

const execute = promisify(execFile)

async function run(
  program: string,
  module: string,
  args: readonly string[],
  options: object = {},
): Promise<string> {
  const source = program.replace('MODULE', JSON.stringify(module))
  const { stdout } = await execute(
    process.execPath,
    ['--input-type=module', '-e', source, '--', ...args],
    { encoding: 'utf8', cwd: '/', ...options },
  )
  return stdout
}

describe('many processes at once', () => {
  // All start at the same moment, over and over: each round is another file that does not exist yet.
  const racers = 8
  const rounds = 40
  const program = `
    import { readOrCreateKeyFile } from MODULE
    const [directory, rounds, start] = process.argv.slice(1)
    while (Date.now() < Number(start));
    const keys = []
    for (let round = 0; round < Number(rounds); round += 1)
      keys.push(readOrCreateKeyFile(directory + '/new/' + round + '/key').toString('hex'))
    console.log(keys.join())
  `

  it('all get the same key, and leave nothing else', async () => {
    const module = await buildModule('src/frame/signing-key-file.ts')
    const directory = temporaryDirectory()
    const args = [directory, String(rounds), String(Date.now() + 1_500)]
    const outputs = await Promise.all(
      Array.from({ length: racers }, () => run(program, module, args)),
    )
    const keys = outputs.map((output) => output.trim().split(','))
    for (let round = 0; round < rounds; round += 1) {
      const found = new Set(keys.map((ofRacer) => ofRacer[round]))
      expect([...found]).toEqual([
        readFileSync(join(directory, 'new', String(round), 'key'), 'hex'),
      ])
      expect(readdirSync(join(directory, 'new', String(round)))).toEqual(['key'])
    }
    expect(new Set(keys[0]).size).toBe(rounds)
  })
})

describe('a crash', () => {
  it('before the key has its name leaves nothing that counts as one', () => {
    const directory = temporaryDirectory()
    const leftovers = ['.key.0011223344556677.tmp', '.key.8899aabbccddeeff.tmp']
    writeFileSync(join(directory, leftovers[0] as string), keyOf(1).subarray(0, 7), { mode: 0o600 })
    writeFileSync(join(directory, leftovers[1] as string), keyOf(2), { mode: 0o600 })
    const key = readOrCreateKeyFile(join(directory, 'key'))
    expect(key).toHaveLength(32)
    expect(key).not.toEqual(Buffer.from(keyOf(2)))
    expect(readdirSync(directory).sort()).toEqual([...leftovers, 'key'])
  })

  it('after that leaves a good key', () => {
    const file = fileWith(keyOf(1), 0o600)
    linkSync(file, join(dirname(file), '.key.0011223344556677.tmp'))
    expect(readOrCreateKeyFile(file)).toEqual(Buffer.from(keyOf(1)))
  })

  it('at any moment leaves a whole key or none', async () => {
    const module = await buildModule('src/frame/signing-key-file.ts')
    const directory = temporaryDirectory()
    const program = join(directory, 'program.mjs')
    writeFileSync(
      program,
      `import { readOrCreateKeyFile } from ${JSON.stringify(module)}
       for (let i = 0; ; i += 1) {
         readOrCreateKeyFile(process.argv[2] + '/' + i + '/key')
         if (i === 20) process.send('busy')
       }`,
    )
    for (let kill = 0; kill < 6; kill += 1) {
      const keys = join(directory, `keys-${kill}`)
      const child = fork(program, [keys], { execArgv: [] })
      await new Promise((resolve) => child.once('message', resolve))
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
      for (const name of readdirSync(keys)) {
        const files = readdirSync(join(keys, name)).filter((file) => file === 'key')
        for (const file of files) expect(readKeyFile(join(keys, name, file))).toHaveLength(32)
        expect(readOrCreateKeyFile(join(keys, name, 'key'))).toHaveLength(32)
      }
    }
  })
})
