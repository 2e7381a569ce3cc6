import type { HistoryObject } from './fleet.ts'
import type { Violation } from './history-checker.ts'
import { isObserver, type Operation, type State } from './object-model.ts'
import { code, tagNames } from './record.mjs'

/** Calls that are shown around the one that is wrong. */
const shownBefore = 14
const shownChanges = 10

const codeNames = new Map(Object.entries(code).map(([name, number]) => [number, name]))

/** Says what is wrong, with the calls around it in order of time. `history` is sorted by start. */
export function describeViolation(
  object: HistoryObject,
  history: readonly Operation[],
  { operation, possible }: Violation,
  processes: ReadonlyMap<number, string>,
): string {
  const zero = history[0]?.start ?? operation.start
  const clock = (one: Operation) =>
    object.kind === 'expiring' ? `, clock ${one.wallStart} to ${one.wallEnd}` : ''
  const line = (one: Operation) =>
    `${one === operation ? '>>' : '  '} ${describe(one, zero)} by ${processes.get(one.client)}${clock(one)}`
  return [
    `${object.name} (${object.keys.join(', ')}): ${describe(operation, zero)} by ${processes.get(operation.client)} cannot be explained.`,
    `It could hold then: ${possible.map(describeState).join('; or ')}.`,
    `Around it (microseconds in the round, in order of start):`,
    ...around(history, operation).map(line),
  ].join('\n')
}

/** The last calls that changed something before `operation`, all just before it and those that overlap it. */
function around(history: readonly Operation[], operation: Operation): Operation[] {
  const at = history.indexOf(operation)
  const before = history.slice(0, at)
  const chosen = new Set([
    ...before.filter((one) => !isObserver(one)).slice(-shownChanges),
    ...before.filter((one) => one.end >= operation.start).slice(-shownBefore),
    ...before.slice(-shownBefore),
    ...history
      .slice(at)
      .filter((one) => one.start <= operation.end)
      .slice(0, shownBefore),
  ])
  for (const origin of originsOf(history, operation)) chosen.add(origin)
  return [...chosen].sort((a, b) => a.start - b.start)
}

/** Where the value that was read comes from. */
function originsOf(history: readonly Operation[], { expect, second }: Operation): Operation[] {
  return history.filter(
    ({ written }) => written !== 0 && (written === expect || written === second),
  )
}

function describe(operation: Operation, zero: number): string {
  const { code: what, start, end, expect, second, result, written, tags, expires } = operation
  const at = (time: number) => ((time - zero) / 1_000).toFixed(1)
  const facts = [
    Number.isNaN(expect) ? '' : `found ${describeValue(expect)}`,
    Number.isNaN(second) ? '' : `and ${describeValue(second)} under the other key`,
    Number.isNaN(written) ? '' : `wrote ${describeValue(written)}`,
    Number.isNaN(result) ? '' : `got ${result}`,
    tags === 0 ? '' : `tags ${describeTags(tags)}`,
    Number.isFinite(expires) ? `until ${expires}` : '',
    operation.isOptional ? '(killed: outcome not known)' : '',
  ]
  const said = facts.filter((fact) => fact !== '').join(', ')
  return `[${at(start)} .. ${at(end)}] ${codeNames.get(what)} ${said}`
}

function describeState({ value, tags, endsFrom, endsBy }: State): string {
  const ends = endsBy === Infinity ? '' : `, until ${endsFrom} to ${endsBy}`
  return `${describeValue(value)}${tags === 0 ? '' : `, tags ${describeTags(tags)}`}${ends}`
}

function describeTags(tags: number): string {
  return tagNames.filter((_, bit) => (tags >> bit) % 2 === 1).join(' and ')
}

function describeValue(value: number): string {
  if (value === 0) return 'nothing'
  return value < 0 ? `value ${value}, which was rolled back` : `value ${value}`
}
