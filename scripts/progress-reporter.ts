// A reporter for node --test: a line for each folder of tests as it ends, and every failure in full at the end.
import { dirname, relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'
import { root } from './run.ts'

type Folder = { readonly name: string; passed: number; failed: number; readonly startMs: number }

/** Tells of a run while it goes on. */
async function* progress(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failures: string[] = []
  let folder: Folder | undefined
  for await (const event of events) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const { file, name, details } = event.data
    if (failureOf(details) === 'subtestsFailed') continue // They are told of by themselves.
    const place = file === undefined ? '' : relative(root, dirname(file)).replace(/\/test$/, '')
    if (folder === undefined || folder.name !== place) {
      if (folder !== undefined) yield lineOf(folder)
      folder = { name: place, passed: 0, failed: 0, startMs: performance.now() }
    }
    if (event.type === 'test:pass') folder.passed++
    else {
      folder.failed++
      const error = 'error' in details ? inspect(details.error) : ''
      failures.push(`\nfailed: ${name} (${file})\n${error}\n`)
    }
  }
  if (folder !== undefined) yield lineOf(folder)
  yield* failures
}

function failureOf(details: object): unknown {
  return 'error' in details ? Reflect.get(Object(details.error), 'failureType') : undefined
}

function lineOf({ name, passed, failed, startMs }: Folder): string {
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  const result = failed === 0 ? 'ok' : `${failed} FAILED`
  return `  ${name}: ${passed + failed} tests, ${result} (${seconds} s)\n`
}

// oxlint-disable-next-line import/no-default-export -- node --test takes a reporter's default export
export default progress
