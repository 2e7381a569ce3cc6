// Before anything is opened: whether files can be mapped is found out once.
process.env['HOLDFAST_MAPS'] = 'off'
await import('./hot-set.test.ts')
await import('./hot-sharing.test.ts')

export {}
