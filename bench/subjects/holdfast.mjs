/** The store under test, with its defaults unless `options` says otherwise. */
export async function holdfast() {
  const { DiskCache } = await import('holdfast')
  return {
    name: 'holdfast',
    isAsync: false,
    open: (path, options) => adapt(new DiskCache(path, options)),
  }
}

function adapt(cache) {
  return {
    cache,
    get: (key) => cache.get(key),
    set: (key, value) => cache.set(key, value),
    delete: (key) => cache.delete(key),
    setAsync: (key, value) => cache.setAsync(key, value),
    setObject: (key, value) => cache.set(key, value),
    getObject: (key) => cache.get(key),
    setMany: (entries) => cache.setMany(entries),
    getMany: (keys) => cache.getMany(keys),
    close: () => cache.close(),
  }
}
