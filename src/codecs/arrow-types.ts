/**
 * What this package uses of apache-arrow (17 or newer), typed by shape: the ESM and the CommonJS build, and two installed
 * versions, have separate classes, and a value of each must be accepted.
 */
export interface ArrowType {
  readonly typeId: number
  readonly children?: readonly ArrowField[] | null
}

export interface ArrowDictionaryType extends ArrowType {
  readonly id: number
  readonly indices: ArrowType
  readonly dictionary: ArrowType
  readonly isOrdered: boolean
}

export interface ArrowField {
  readonly name: string
  readonly type: ArrowType
  readonly nullable: boolean
  readonly metadata: ReadonlyMap<string, string>
}

export interface ArrowSchema {
  readonly fields: readonly ArrowField[]
  readonly metadata: ReadonlyMap<string, string>
  /** Value types of dictionary-encoded columns by dictionary id. */
  readonly dictionaries: ReadonlyMap<number, ArrowType>
}

/** What values of fixed width lie in. */
export type Numbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** One chunk of a column: a few buffers and a type. */
export interface ArrowData {
  readonly type: ArrowType
  readonly length: number
  readonly offset: number
  readonly stride: number
  readonly nullCount: number
  readonly children: readonly ArrowData[]
  readonly dictionary?: ArrowVector | undefined
  readonly values?: Numbers | undefined
  readonly valueOffsets?: Int32Array | BigInt64Array | undefined
  readonly nullBitmap?: Uint8Array | undefined
  readonly typeIds?: Int8Array | undefined
  readonly variadicBuffers?: readonly Uint8Array[] | undefined
  slice(offset: number, length: number): ArrowData
}

export interface ArrowVector {
  readonly type: ArrowType
  readonly data: readonly ArrowData[]
  readonly length: number
  memoize?(): ArrowVector
}

export interface ArrowBatch {
  readonly schema: ArrowSchema
  readonly data: ArrowData
  /** Custom metadata of the batch; versions before 21 drop it. */
  readonly metadata?: ReadonlyMap<string, string>
}

export interface ArrowTable {
  readonly schema: ArrowSchema
  readonly batches: readonly ArrowBatch[]
  readonly numRows: number
  getChildAt(index: number): ArrowVector | null
}

/** The properties of `makeData`; which are needed depends on the type. */
export interface DataProperties {
  readonly type: ArrowType
  readonly length: number
  readonly nullCount: number
  readonly nullBitmap?: Uint8Array | undefined
  readonly data?: ArrayBufferView | undefined
  readonly valueOffsets?: ArrayBufferView | undefined
  readonly typeIds?: ArrayBufferView | undefined
  readonly views?: ArrayBufferView | undefined
  readonly variadicBuffers?: readonly Uint8Array[]
  readonly children?: readonly ArrowData[]
  readonly child?: ArrowData | undefined
  readonly dictionary?: ArrowVector | undefined
}

/** One copy of apache-arrow. */
export interface ArrowCopy {
  readonly Table: new (schema: ArrowSchema, batches: readonly ArrowBatch[]) => ArrowTable
  readonly RecordBatch: { readonly prototype: object }
  readonly Vector: new (data: readonly ArrowData[]) => ArrowVector
  readonly Schema: new (
    fields: readonly ArrowField[],
    metadata?: ReadonlyMap<string, string>,
  ) => ArrowSchema
  readonly Field: new (
    name: string,
    type: ArrowType,
    nullable: boolean,
    metadata?: ReadonlyMap<string, string>,
  ) => ArrowField
  readonly Struct: new (fields: readonly ArrowField[]) => ArrowType
  readonly Dictionary: new (
    dictionary: ArrowType,
    indices: ArrowType,
    id: number,
    isOrdered: boolean,
  ) => ArrowDictionaryType
  readonly makeData: (properties: DataProperties) => ArrowData
  readonly RecordBatchReader: {
    from(bytes: Uint8Array): { open(): { readonly schema: ArrowSchema } }
  }
  readonly RecordBatchFileWriter: ArrowWriter
  readonly RecordBatchStreamWriter: ArrowWriter
  readonly tableFromIPC: (bytes: Uint8Array) => ArrowTable
}

interface ArrowWriter {
  writeAll(table: ArrowTable): { toUint8Array(sync: true): Uint8Array }
}

/** Type numbers of the Arrow format as apache-arrow has them; a dictionary-encoded column is -1 there. */
export const arrowTypeId = {
  dictionary: -1,
  null: 1,
  binary: 4,
  utf8: 5,
  bool: 6,
  list: 12,
  struct: 13,
  union: 14,
  fixedSizeList: 16,
  map: 17,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
  binaryView: 23,
  utf8View: 24,
} as const

/** Whether `value` is a table of any copy of apache-arrow. */
export function isArrowTable(value: unknown): value is ArrowTable {
  if (typeof value !== 'object' || value === null) return false
  const { schema, batches, numRows, getChildAt } = value as Partial<ArrowTable>
  return (
    Array.isArray(batches) &&
    typeof numRows === 'number' &&
    typeof getChildAt === 'function' &&
    isArrowSchema(schema)
  )
}

/** Whether `value` is a vector (a column) of any copy of apache-arrow. */
export function isArrowVector(value: unknown): value is ArrowVector {
  if (typeof value !== 'object' || value === null) return false
  const { type, data, length, getChildAt } = value as Partial<ArrowVector & ArrowTable>
  return (
    Array.isArray(data) &&
    typeof length === 'number' &&
    typeof getChildAt === 'function' &&
    isArrowType(type) &&
    data.length > 0 &&
    data.every((chunk) => isArrowType((chunk as Partial<ArrowData> | undefined)?.type))
  )
}

function isArrowSchema(value: Partial<ArrowSchema> | undefined): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Array.isArray(value.fields) &&
    value.metadata instanceof Map &&
    value.fields.every((field) => isArrowType((field as Partial<ArrowField> | undefined)?.type))
  )
}

function isArrowType(value: Partial<ArrowType> | undefined): boolean {
  return typeof value === 'object' && value !== null && typeof value.typeId === 'number'
}
