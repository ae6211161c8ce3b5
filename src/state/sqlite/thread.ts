/** Entry of the thread that has the database: a slow disk blocks it and nobody else. */
import { serveThread } from '../../sys/worker-thread.ts'
import { failureIn, StateDatabase } from './database.ts'
import type { DatabasePlace, FromThread, ToThread } from './protocol.ts'

serveThread((place: DatabasePlace) => {
  let database: StateDatabase | undefined
  const close = () => {
    const closing = database
    database = undefined
    closing?.close()
  }
  return (message: ToThread): FromThread => {
    try {
      switch (message.type) {
        case 'open':
          close()
          database = new StateDatabase(place)
          return { type: 'opened', leases: database.leases() }
        case 'calls':
          if (database === undefined) throw new Error('the database is not open')
          return database.answer(message.calls)
        case 'compact':
          database?.compact()
          return { type: 'done' }
        case 'close':
          close()
          return { type: 'done' }
      }
    } catch (error) {
      return { type: 'failed', failure: failureIn(error) }
    }
  }
})
