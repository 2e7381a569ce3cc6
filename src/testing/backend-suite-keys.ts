import type { BackendCheck } from './backend-suite.ts'
import { lasting, type Trial } from './backend-trial.ts'

const longest = 65_536

/** Keys of every kind: any well-formed text of 1 to 65,536 characters. */
export const keyCases: readonly BackendCheck[] = [
  { name: 'tells apart keys that differ in case or in how Unicode writes them', run: alike },
  { name: 'takes keys with every control character', run: controls },
  { name: 'takes keys that mean something elsewhere', run: meaningful },
  { name: 'takes emoji, marks and halves of what looks like a pair', run: unusual },
  { name: 'takes keys of 65,536 characters, and tells them apart by the last', run: longKeys },
  { name: 'takes keys of one character', run: shortKeys },
  { name: 'takes keys that begin with what other keys are', run: beginnings },
]

async function alike(trial: Trial): Promise<void> {
  await apart(trial, ['key', 'KEY', 'Key', 'ß', 'ss', 'SS', 'ı', 'i', 'I', 'İ'])
  // Composed and not; a sign and the letter it looks like; full width; with and without a joiner.
  await apart(trial, ['\u00e9', 'e\u0301', 'E\u0301', '\u212a', 'K', 'k', '\uff4b', 'k\u200d'])
  await apart(trial, ['a', 'a ', ' a', 'a\u00a0', 'a\u0000', 'a\t', '1', '01', '1.0', '+1'])
}

async function controls(trial: Trial): Promise<void> {
  const codes = Array.from({ length: 33 }, (_, code) => (code === 32 ? 0x7f : code))
  await apart(
    trial,
    codes.flatMap((code) => [`a${String.fromCharCode(code)}`, `${String.fromCharCode(code)}a`]),
  )
  await apart(trial, ['a\r\nset b 0 0 1\r\nx', 'a\0b', 'a\0c', '\0', '\0\0'])
}

async function meaningful(trial: Trial): Promise<void> {
  await apart(trial, [
    '..',
    '.',
    '../a',
    '/',
    '/a',
    'a/',
    'a//b',
    'a/b',
    'a\\b',
    'C:\\',
    'con',
    'nul',
  ])
  await apart(trial, [
    '%',
    '%25',
    '%2',
    'a%00b',
    '?a=b#c',
    '&',
    '*',
    '_',
    '[a]',
    '{a}',
    '{b}',
    "'",
    '"',
    '`',
    ';--',
  ])
  await apart(trial, [
    '__proto__',
    'constructor',
    'toString',
    'null',
    'undefined',
    'true',
    '#',
    '$',
    '~',
    '-',
    '@',
  ])
}

async function unusual(trial: Trial): Promise<void> {
  await apart(trial, ['😀', '😁', '👩‍👩‍👧', '👩', '\u{1f1e9}\u{1f1ea}', '\u{10ffff}', '\u{10000}'])
  // What a broken encoder makes of half a pair, and the neighbours of the halves.
  await apart(trial, [
    '\ufffd',
    '\ufffd\ufffd',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\ufffe',
    '\ufeff',
    '\ufeffa',
    'a',
  ])
}

async function longKeys(trial: Trial): Promise<void> {
  const fill = (text: string, end: string) => {
    const room = longest - trial.prefix.length - end.length
    return text.repeat(Math.floor(room / text.length)).padEnd(room, '.') + end
  }
  await apart(trial, [fill('k', 'a'), fill('k', 'b'), fill('k', 'a').slice(0, -1), 'k'])
  await apart(trial, [fill('\u20ac', 'a'), fill('\u20ac', 'b'), fill('😀', 'a'), fill('😀', 'b')])
  for (const size of [250, 251, 255, 256, 257, 1_024, 1_025]) {
    const key = 'n'.repeat(size - trial.prefix.length - 1)
    await apart(trial, [`${key}a`, `${key}b`, key])
  }
}

async function shortKeys(trial: Trial): Promise<void> {
  // Without the suite's own beginning: these are taken away again.
  const { backend, call } = trial
  const keys = ['a', '\0', ' ', '\u00e9', '\uffff', '/', '.', '*', '0']
  try {
    for (const key of keys) await trial.set(key, lasting(`of ${key}`))
    for (const key of keys) await trial.expect(key, lasting(`of ${key}`))
  } finally {
    for (const key of keys) await backend.delete(key, call)
  }
}

async function beginnings(trial: Trial): Promise<void> {
  await apart(trial, ['a', 'a:', 'a:b', 'a:b:', 'a:b:c', 'ab', 'abc'])
}

/** Fails unless each key has a record of its own, and loses it alone. */
async function apart(trial: Trial, names: readonly string[]): Promise<void> {
  const { backend, call } = trial
  const keys = names.map((name) => trial.key(name))
  for (const [index, key] of keys.entries()) await trial.set(key, lasting(`record ${index}`))
  for (const [index, key] of keys.entries()) await trial.expect(key, lasting(`record ${index}`))
  for (const [index, found] of (await backend.getMany(keys, call)).entries())
    trial.same(found, lasting(`record ${index}`), keys[index] ?? '')
  const [first = '', ...others] = keys
  await backend.delete(first, call)
  await trial.expectNone(first, 'there is a record after delete')
  for (const [index, key] of others.entries())
    await trial.expect(key, lasting(`record ${index + 1}`))
}
