import { readFileSync, readlinkSync } from 'node:fs'

/** Enough about a process to tell later whether it still runs, even when its number was given to another. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in ticks since boot; `''` where the system does not say. */
  readonly start: string
  /** Which boot of the machine; `''` where the system does not say. */
  readonly boot: string
  /** Which PID namespace: numbers of another container mean nothing here. */
  readonly space: string
}

let own: ProcessIdentity | undefined

/** This process. */
export function ownIdentity(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    start: statusOf(process.pid)?.start ?? '',
    boot: tryRead(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '',
    space: tryRead(() => readlinkSync('/proc/self/ns/pid')) ?? '',
  }
  return own
}

/** Whether `identity` certainly does not run any more. A process that cannot be judged from here counts as running. */
export function isGone(identity: ProcessIdentity): boolean {
  const self = ownIdentity()
  if (identity.boot !== self.boot) return identity.boot !== '' && self.boot !== ''
  if (identity.space !== self.space) return false
  try {
    process.kill(identity.pid, 0)
  } catch (error) {
    return (error as { code?: unknown }).code === 'ESRCH'
  }
  const status = statusOf(identity.pid)
  if (status === undefined) return false
  // A killed child whose parent has not yet asked for its exit code is a zombie: it still has its number.
  return status.state === 'Z' || status.state === 'X' || status.start !== identity.start
}

function statusOf(pid: number): { state: string; start: string } | undefined {
  // proc(5): the name in parentheses may hold anything; state is the 1st field behind it, the start time the 20th.
  const text = tryRead(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields === undefined ? undefined : { state: fields[0] ?? '', start: fields[19] ?? '' }
}

function tryRead(read: () => string): string | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
