// Runs the thread of a public folder for its tests.
import { parentPort, workerData } from 'node:worker_threads'
import { runFolderThread } from '../src/public/publishing.ts'

if (parentPort !== null) runFolderThread(parentPort, workerData)
