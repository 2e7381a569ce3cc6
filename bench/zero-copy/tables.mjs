/** Arrow tables of a wanted size: nine columns of 8 bytes and one of texts, as measurements have them. */
import * as arrow from 'apache-arrow'

export const MB = 1e6
const BYTES_PER_ROW = 9 * 8 + 4
const STATIONS = ['Toulouse', 'Paris', 'Kiruna', 'Tromsø', 'Ottawa', 'Hobart']

/** The columns that a scan reads: not neighbours. */
export const SCANNED = ['bx', 'vz']

export const rowsOf = (megabytes) => Math.floor((megabytes * MB) / BYTES_PER_ROW)

/** What a scan of {@link SCANNED} has to touch, in bytes. */
export const scannedBytes = (megabytes) => rowsOf(megabytes) * 8 * SCANNED.length

/** A table of one record batch. The same for the same size. */
export function makeTable(megabytes) {
  const length = rowsOf(megabytes)
  const next = xorshift(megabytes + 1)
  const columns = {
    id: column(new arrow.Int64(), fill(new BigInt64Array(length), BigInt)),
    time: column(
      new arrow.TimestampMillisecond(),
      fill(new BigInt64Array(length), (row) => 1_700_000_000_000n + BigInt(row) * 20n),
    ),
    station: stations(fill(new Int32Array(length), () => next() % STATIONS.length)),
  }
  for (const name of ['bx', 'by', 'bz', 'density', 'vx', 'vy', 'vz']) {
    const data = fill(new Float64Array(length), () => next() / 2 ** 31)
    columns[name] = column(new arrow.Float64(), data)
  }
  return new arrow.Table(columns)
}

/** Quicker than `from` for millions. */
function fill(array, at) {
  for (let row = 0; row < array.length; row++) array[row] = at(row)
  return array
}

function column(type, data) {
  return arrow.makeVector(arrow.makeData({ type, length: data.length, nullCount: 0, data }))
}

function stations(data) {
  const dictionary = arrow.vectorFromArray(STATIONS, new arrow.Utf8())
  const type = new arrow.Dictionary(dictionary.type, new arrow.Int32())
  const parts = { type, length: data.length, nullCount: 0, data, dictionary }
  return arrow.makeVector(arrow.makeData(parts))
}

/** Numbers from 0 to 2^32 that do not compress. */
function xorshift(seed) {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
