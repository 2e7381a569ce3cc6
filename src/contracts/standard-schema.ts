/*
 * The part of Standard Schema v1 (https://standardschema.dev) that is used here, so that a schema of any library fits without a
 * dependency on one.
 */

/** A schema that checks a value, and may change it. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    validate(value: unknown): SchemaResult<Output> | Promise<SchemaResult<Output>>
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }
