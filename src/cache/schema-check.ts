import { HoldfastError } from '../contracts/errors.ts'
import type { SchemaResult, StandardSchema } from '../contracts/standard-schema.ts'
import { isThenable } from '../util/is-thenable.ts'

/** What a schema says of `value`: whether it fits, now or soon. Where it would change the value, that is not taken up. */
export function fits(schema: StandardSchema, value: unknown): boolean | Promise<boolean> {
  const no = (): boolean => false
  try {
    const result = schema['~standard'].validate(value)
    // What it throws or rejects with says as little for the value as an issue does.
    return isThenable(result) ? Promise.resolve(result).then(isFit, no) : isFit(result)
  } catch {
    return false
  }
}

function isFit(result: SchemaResult<unknown>): boolean {
  return result.issues === undefined
}

/** `value`, if it fits. @throws HoldfastError `ERR_SCHEMA`. */
export async function checkLoaded(
  schema: StandardSchema | undefined,
  value: unknown,
): Promise<unknown> {
  if (schema === undefined) return value
  const { issues } = await schema['~standard'].validate(value)
  if (issues === undefined) return value
  const first = issues[0]?.message ?? 'no reason given'
  throw new HoldfastError(
    'ERR_SCHEMA',
    `The loader's value does not fit the schema (${first}); it was not stored. Mend the loader or the schema.`,
    { cause: issues },
  )
}
