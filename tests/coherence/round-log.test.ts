import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { Operation } from './object-model.ts'
import { code } from './record.mjs'
import { readLog } from './round-log.ts'
import { Recorder } from './workers/recorder.mjs'

const part = { code: code.set, object: 0, written: 7 }
const none = Number.NaN

function opened() {
  const path = join(temporaryDirectory(), 'client.log')
  const recorder = new Recorder('0')
  recorder.open(path)
  return { path, recorder }
}

/** What the log tells of each of two objects; `gone` is when the client was seen to be dead. */
function read(path: string, gone?: number): Operation[][] {
  const histories: Operation[][] = [[], []]
  readLog({ client: 3, path, gone, wallGone: 1_000 }, histories)
  return histories
}

describe('a log', () => {
  it('tells of a call that ended, with what came back', () => {
    const { path, recorder } = opened()
    recorder.intend(1, [part], 10, 100)
    const times = { start: 10, end: 20, wallStart: 100, wallEnd: 101 }
    recorder.ended(1, [{ ...part, expect: 6 }], times)
    recorder.close()
    expect(read(path)).toMatchObject([[{ ...times, written: 7, expect: 6, isOptional: false }], []])
  })

  it('leaves open what a killed client had begun, up to the moment when it was seen to be gone', () => {
    const { path, recorder } = opened()
    recorder.intend(1, [part, { ...part, object: 1 }], 10, 100)
    // The process is killed here: nothing is closed. What it was writing is cut off.
    appendFileSync(path, Buffer.alloc(50))
    const lost = { client: 3, written: 7, start: 10, end: 99, wallEnd: 1_000, isOptional: true }
    expect(read(path, 99)).toMatchObject([[lost], [lost]])
    expect(() => read(path)).toThrow('left a call open')
  })

  it('has no effect where the call threw', () => {
    const { path, recorder } = opened()
    recorder.intend(1, [part], 10, 100)
    const times = { start: 10, end: 20, wallStart: 100, wallEnd: 101 }
    recorder.ended(1, [{ ...part, code: code.failed }], times)
    recorder.close()
    expect(read(path)).toEqual([[], []])
  })

  it('keeps the first and the last of equal reads in a row, and every read that found nothing', () => {
    const { path, recorder } = opened()
    for (const [at, found] of [7, 7, 7, 7, 8, 0, 0, 8].entries())
      recorder.read(0, found, none, at * 10, at * 10 + 5, none, none)
    recorder.close()
    const told = read(path)[0]?.map(({ expect, result, start }) => [expect, result, start])
    expect(told?.sort(([, , a = 0], [, , b = 0]) => a - b)).toEqual([
      [7, 1, 0],
      [7, 3, 30],
      [8, 1, 40],
      [0, 1, 50],
      [0, 1, 60],
      [8, 1, 70],
    ])
  })

  it('is empty where the client was killed before it began', () => {
    expect(read(join(temporaryDirectory(), 'none.log'), 5)).toEqual([[], []])
  })
})
