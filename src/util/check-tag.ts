import { invalidOption } from './options.ts'

/** @throws HoldfastError `ERR_INVALID_OPTION` unless `tag` is a text that can be stored. */
export function checkTag(tag: unknown): asserts tag is string {
  if (typeof tag === 'string' && tag !== '' && tag.isWellFormed() && !tag.includes('\0')) return
  throw invalidOption('tag', tag, 'a non-empty string without NUL or lone surrogates')
}
