/** What a backend keeps under one key. */
export interface BackendRecord {
  /** Opaque to the backend, and never empty. */
  readonly bytes: Uint8Array
  /**
   * From when on it is not given out any more, in milliseconds since the epoch; `Infinity` = never. A backend may round it by
   * less than a millisecond, and forget the record earlier when it needs the room.
   */
  readonly expiresAt: number
  /** Must not be evicted for want of room, where the store can promise that: an invalidation would be forgotten. @default false */
  readonly isPinned?: boolean | undefined
}

/** What every call of a backend gets. */
export interface BackendCall {
  /**
   * Aborted when nobody waits for the answer any more. A backend that cannot stop may ignore it; one that stops rejects with the
   * signal's reason, and what it was asked to write may be written or not.
   */
  readonly signal: AbortSignal
}

/**
 * Stores bytes under text, for a tier of a cache: a backend never sees a key, a codec or a value. Implement this for another
 * store; `backendSuite` of `holdfast/testing` says whether it holds.
 *
 * Keys are any well-formed text of 1 to 65,536 characters; a backend with stricter rules hashes. A verb that was resolved is
 * done: what reads it afterwards, through any client, sees it. Calls that run at the same time have no order, also those of one
 * client. Verbs may reject with anything; an error whose `permanent` is true is not tried again and does not count against the
 * backend. After `close` every call rejects with `ERR_CLOSED`.
 */
export interface Backend {
  /** What it is, for names of tiers and messages: `'disk'`, `'redis'`. */
  readonly kind: string
  /** Whether a call leaves the process: such a backend gets a deadline, retries and a breaker unless told otherwise. */
  readonly isRemote: boolean
  /** Whether other processes see what this one writes. */
  readonly isShared: boolean
  /** The record of `key` that has not expired. Its bytes are the caller's own: he may change them, and nobody else does. */
  get(key: string, call: BackendCall): Promise<BackendRecord | undefined>
  /** The records of `keys`, one for each in their order, also where a key is there twice; as few round trips as the store allows. */
  getMany(
    keys: readonly string[],
    call: BackendCall,
  ): Promise<readonly (BackendRecord | undefined)[]>
  /**
   * Keeps `record` in place of what was there. One that has expired removes what was there. Once it has settled, the caller may
   * change the bytes that he gave; until then he leaves them alone.
   */
  set(key: string, record: BackendRecord, call: BackendCall): Promise<void>
  /** As {@link set} for each in their order, not atomic as a whole: a later one of the same key wins. @default one by one */
  setMany?(entries: readonly (readonly [string, BackendRecord])[], call: BackendCall): Promise<void>
  /**
   * Keeps `record` unless there is a live one; atomic among all clients. @returns whether there was none. One that has expired
   * is not kept then either.
   */
  add(key: string, record: BackendRecord, call: BackendCall): Promise<boolean>
  /**
   * Keeps `record` if what is there now begins with `expected`, or if nothing is there and `expected` is `undefined`. Atomic
   * among all clients. @returns whether it did. Without it a load may overwrite what another process stored meanwhile.
   */
  swap?(
    key: string,
    expected: Uint8Array | undefined,
    record: BackendRecord,
    call: BackendCall,
  ): Promise<boolean>
  /** @returns whether there was a live record. */
  delete(key: string, call: BackendCall): Promise<boolean>
  /** @returns how many had a live record; a key that is there twice counts once. @default one by one */
  deleteMany?(keys: readonly string[], call: BackendCall): Promise<number>
  /** Removes every record whose key begins with `prefix`, if that costs less than looking at each. Markers do not need it. */
  clear?(prefix: string, call: BackendCall): Promise<void>
  /** Leases for `lock: 'cluster'`. A backend without them lacks the capability. */
  readonly leases?: BackendLeases
  /** The time of the store, in milliseconds since the epoch, where it has a clock of its own. */
  now?(call: BackendCall): Promise<number>
  /** Bytes that the record of `key` takes, for `explain`. */
  sizeOf?(key: string): number | undefined
  /** Ends what the backend opened itself, not a client that was handed in. Twice is harmless. */
  close(): Promise<void>
}

/** A lock with a deadline. It is for efficiency: correctness never rests on it. Names are texts as keys are, and apart from them. */
export interface BackendLeases {
  /** Takes the lease `name` for `ttl` milliseconds if it is free. @returns a token for the other two, `undefined` if it is held. */
  acquire(name: string, ttl: number, call: BackendCall): Promise<string | undefined>
  /** Moves the deadline. @returns whether the token still holds it. */
  renew(name: string, token: string, ttl: number, call: BackendCall): Promise<boolean>
  /** Gives it back; does nothing if it is not held by the token any more. */
  release(name: string, token: string, call: BackendCall): Promise<void>
}
