// Holds the write lock of a database for a moment after it has said so, and says when it lets go.
import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase } from '../../support/sqlite-driver.mjs'

const { database, isReleased } = workerData
const holder = await openDatabase(database)
holder.exec('BEGIN IMMEDIATE')
parentPort.postMessage('held')
// Long enough for the other thread to have tried; whatever it did before, it must not rely on.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
Atomics.store(isReleased, 0, 1)
holder.exec('COMMIT')
holder.close()
