// GET /-/stele/conflicts: JSON for programs, a page for people.
import { type Ask, type Draft, jsonDraft, numberParameter, type Route } from '@stele/http/routes'
import { maxConflictsFrom, maxConflictsShown } from '../limits.ts'
import { type ConflictsPage, formatConflictsPage } from './conflicts-page.ts'
import { htmlDraft } from './html.ts'
import type { WebPorts } from './ports.ts'

/** `?from&size`, the newest first. */
export function conflictRoutes({ registry }: WebPorts): Route[] {
  const path = '/-/stele/conflicts'
  const read = (ask: Ask): ConflictsPage => {
    const from = numberParameter(ask, 'from', { least: 0, most: maxConflictsFrom, absent: 0 })
    const size = numberParameter(ask, 'size', { least: 1, most: maxConflictsShown, absent: 50 })
    const { total, found } = registry.conflicts({ from, size })
    const conflicts = found.map(({ name, version, pinned, integrity, seenMs, entry }) => ({
      name,
      version,
      ...(pinned === undefined ? {} : { pinned }),
      refused: integrity,
      seen: new Date(seenMs).toISOString(),
      entry,
    }))
    return { baseUrl: ask.baseUrl(), total, from, conflicts }
  }
  const showPage = (ask: Ask): Draft => htmlDraft(formatConflictsPage(read(ask)))
  const showJson = (ask: Ask): Draft => {
    const { total, conflicts } = read(ask)
    return jsonDraft(200, { total, conflicts })
  }
  return [
    { method: 'GET', path, accepts: 'text/html', answer: showPage },
    { method: 'GET', path, answer: showJson },
  ]
}
