// A client in a thread of its own, with its own handle on the store; see client-process.mjs.
import { parentPort, workerData } from 'node:worker_threads'
import { Client } from './client.mjs'

const client = await Client.open(workerData)
parentPort.on('message', (order) => {
  if (order !== 'finish') void client.round(order).then((count) => parentPort.postMessage(count))
  else {
    client.close()
    parentPort.close()
  }
})
parentPort.postMessage('ready')
