/** Collects garbage before each sample, outside of its time: nobody is to pay for the gigabyte that another read before him. */
export function collected(sample) {
  return (count) => {
    globalThis.gc()
    return sample(count)
  }
}
