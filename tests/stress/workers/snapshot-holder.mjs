// A stranger (a backup program, a shell) that opens the database with SQLite itself and keeps one read transaction open:
// the log cannot be taken back to its start meanwhile. No verb of the store does that.
import { join } from 'node:path'
import { openDatabase } from '../../support/sqlite-driver.mjs'
import { end, options, order, report } from './protocol.mjs'

const database = await openDatabase(join(options.directory, 'holdfast.db'))
database.exec('PRAGMA busy_timeout = 5000')
database.exec('BEGIN')
database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()
report('held')
await order('release')
database.exec('COMMIT')
database.close()
report('release')
end()
