import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

/** Collects garbage before each sample, outside of its time: nobody is to pay for the gigabyte that another read before him. */
export function collected(sample) {
  return (count) => {
    collect()
    return sample(count)
  }
}
