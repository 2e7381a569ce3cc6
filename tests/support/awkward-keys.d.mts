import type { Key } from 'holdfast'

/** Keys that careless stores take for one another, or cut, or cannot hold. */
export declare const awkwardKeys: readonly Key[]
