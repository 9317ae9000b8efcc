import { testLogStore } from './log-store-suite.ts'
import { createMemoryStore } from './memory-store.ts'

testLogStore('the store in memory', () => {
  const store = createMemoryStore()
  const commit: typeof store.commit = (group) => {
    try {
      return store.commit(group)
    } finally {
      store.fault = 'none'
    }
  }
  return { store: { ...store, commit }, failNext: (fault) => void (store.fault = fault) }
})
