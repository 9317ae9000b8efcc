import { join } from 'node:path'
import { testLogStore } from '../../log/test/log-store-suite.ts'
import { openDatabase } from '../src/database.ts'
import { createLogStore, logSchema } from '../src/log-store.ts'
import { tempFolder } from './temp-folder.ts'

testLogStore('the store in SQLite', (t) => {
  const folder = tempFolder(t)
  const db = openDatabase(join(folder, 'stele.db'), logSchema)
  t.after(() => db.close())
  let fault = 'none'
  const store = createLogStore(db, join(folder, 'blobs'), () => {
    if (fault === 'fails') throw new Error('disk full') // Within the transaction, after everything else.
  })
  const commit: typeof store.commit = (group) => {
    try {
      void store.commit(group)
      if (fault === 'fails_but_persisted') throw new Error('connection lost')
    } finally {
      fault = 'none'
    }
  }
  return { store: { ...store, commit }, failNext: (next) => void (fault = next) }
})
