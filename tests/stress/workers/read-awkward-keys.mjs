// Opens a store that another process filled and reports, for each awkward key, the value found under it.
import { DiskCache, DiskIndex, keyId, ShardedDiskCache, ShardedDiskIndex } from 'holdfast'
import { awkwardKeys } from '../../support/awkward-keys.mjs'
import { end, options, report } from './protocol.mjs'

const kinds = { DiskCache, DiskIndex, ShardedDiskCache, ShardedDiskIndex }
const store = new kinds[options.kind](options.directory)
report('found', awkwardKeys.map(read))
store.close()
end()

function read(key) {
  try {
    return { value: store.get(key) ?? null, id: keyId(key) }
  } catch (error) {
    return { code: error.code ?? String(error) }
  }
}
