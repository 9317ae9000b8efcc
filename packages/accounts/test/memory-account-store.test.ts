import { testAccountStore } from './account-store-suite.ts'
import { createMemoryAccountStore } from './memory-account-store.ts'

testAccountStore('createMemoryAccountStore()', (work) => work(createMemoryAccountStore()))
