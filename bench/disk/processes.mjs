/** Several processes that write flat out to one store: fairness, the worst call, throughput. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { p99, worst } from '../lib/interleave.mjs'
import { mergeSorted, round } from '../lib/stats.mjs'

const WRITER = fileURLToPath(new URL('./writer.mjs', import.meta.url))
const KINDS = ['holdfast', 'holdfast sharded', 'raw SQLite', 'lmdb']
const FAIR = { atLeast: 0.5 }
const WORST_MS = { atMost: 250 }
const HALF = { atMost: 0.5 }

export async function runProcesses(context) {
  const { quick } = context.flags
  const rounds = quick ? 1 : 3
  const kinds = KINDS.filter((kind) => usable(context.subjects, kind))
  for (const writers of [2, 8]) {
    const found = new Map(kinds.map((kind) => [kind, []]))
    for (let turn = 0; turn < rounds; turn++) {
      for (const kind of turn % 2 === 0 ? kinds : [...kinds].reverse()) {
        context.progress(`${writers} writing processes, ${kind}, round ${turn + 1}`)
        await attempt(context, found, { kind, writers, ms: quick ? 600 : 1_500 })
      }
    }
    record(context.results, writers, found)
  }
}

/** A kind whose writers fail is left out from then on. */
async function attempt(context, found, settings) {
  const trials = found.get(settings.kind)
  if (trials === undefined) return
  try {
    trials.push(await trial(context, settings))
  } catch (error) {
    context.results.note(
      `${settings.writers} writing processes: ${settings.kind} is left out: ${error.message}`,
    )
    found.delete(settings.kind)
  }
}

function usable(subjects, kind) {
  return Object.values(subjects).some(({ name }) => kind.startsWith(name))
}

/** Starts the writers, lets them go at once, and gathers what they did. */
async function trial(context, { kind, writers, ms }) {
  const path = context.stores.directory(kind)
  const children = Array.from({ length: writers }, (_, i) =>
    fork(WRITER, [JSON.stringify({ kind, path, ms, seed: i + 1 })], { serialization: 'advanced' }),
  )
  try {
    await Promise.all(children.map((child) => message(child)))
    const results = children.map((child) => message(child))
    for (const child of children) child.send('go')
    return summarise(await Promise.all(results), ms)
  } finally {
    for (const child of children) child.kill()
  }
}

async function message(child) {
  const ended = new AbortController()
  const fail = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`a writing process ended with code ${code}`)
  })
  try {
    const [data] = await Promise.race([once(child, 'message', { signal: ended.signal }), fail])
    return data
  } finally {
    ended.abort()
    fail.catch(() => undefined)
  }
}

function summarise(results, ms) {
  const counts = results.map(({ samples }) => samples.length)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const samples = mergeSorted(results.map((each) => each.samples))
  const failed = results.reduce((sum, { errors }) => sum + errors, 0)
  const share = Math.min(...counts) / (total / counts.length)
  return {
    samples,
    share,
    failed,
    perSecond: total / (ms / 1000),
    p99: p99(samples),
    worst: worst(samples),
  }
}

function record(results, writers, found) {
  const label = `${writers} writing processes`
  for (const [kind, trials] of found) {
    const own = trials.map(({ samples }) => samples)
    const failed = trials.reduce((sum, trial) => sum + trial.failed, 0)
    const shares = trials.map(({ share }) => share)
    const perSecond = Math.round(
      trials.reduce((sum, trial) => sum + trial.perSecond, 0) / trials.length,
    )
    const summary = results.measurement({ op: 'processes', writers }, kind, own, {
      perSecond,
      share: round(Math.min(...shares)),
      failed,
    })
    if (failed > 0) results.note(`${label}: ${kind} failed ${failed} calls (busy)`)
    const ours = { ...summary, name: kind }
    const mine = kind.startsWith('holdfast')
    const title = `${label}, smallest share of a fair one`
    results.figure({
      title,
      basis: 'share',
      value: [Math.min(...shares)],
      bar: mine ? FAIR : undefined,
      ours,
    })
    const longest = trials.map((trial) => trial.worst / 1000)
    results.figure({
      title: `${label}, worst call`,
      basis: 'ms',
      value: [Math.max(...longest)],
      bar: mine ? WORST_MS : undefined,
      ours,
    })
  }
  compareSharded(results, label, found)
  compareThroughput(results, label, found)
}

function compareSharded(results, label, found) {
  const sharded = found.get('holdfast sharded')
  const single = found.get('holdfast')
  if (sharded === undefined || single === undefined) return
  const row = { ours: { name: 'sharded(8)' }, peer: { name: 'single' } }
  const ratio = (pick) => sharded.map((trial, i) => pick(trial) / pick(single[i]))
  const time = { ...row, basis: 'time', bar: HALF }
  results.figure({ ...time, title: `${label}, p99`, value: ratio((trial) => trial.p99) })
  results.figure({ ...time, title: `${label}, worst call`, value: ratio((trial) => trial.worst) })
  const bar = { atLeast: availableParallelism() >= 4 ? 2 : 1 }
  const speed = { ...row, basis: 'speed', bar, title: `${label}, throughput` }
  results.figure({ ...speed, value: ratio((trial) => trial.perSecond) })
}

function compareThroughput(results, label, found) {
  const ours = found.get('holdfast')
  if (ours === undefined) return
  for (const kind of ['raw SQLite', 'lmdb']) {
    const theirs = found.get(kind)
    if (theirs === undefined) continue
    results.figure({
      title: `${label}, throughput`,
      basis: 'speed',
      value: ours.map((trial, i) => trial.perSecond / theirs[i].perSecond),
      ours: { name: 'holdfast' },
      peer: { name: kind },
    })
  }
}
