import { HoldfastError } from '../contracts/errors.ts'

/**
 * Thrown by a loader to say that its source has no such thing; with `negativeTtl` that is remembered.
 * @example
 * throw new NotFound(`user ${id}`)
 */
export class NotFound extends HoldfastError {
  constructor(what = 'The source has no such thing') {
    super('ERR_NOT_FOUND', `${what}: not found.`)
    this.name = 'NotFound'
  }
}
