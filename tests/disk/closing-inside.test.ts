import { expect, it } from 'vitest'
import { allForms } from './support/forms.ts'

it.each(allForms)(
  '$name: a compute function that closes the store still gives its value to its caller',
  ({ open }) => {
    const store = open({})
    const value = store.getOrSet('a', () => {
      store.close()
      return 5
    })
    expect(value).toBe(5)
  },
)
