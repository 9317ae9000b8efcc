// GET /-/stele/conflicts: JSON for programs, a page for people.
import { type Ask, type Draft, jsonDraft, numberParameter, type Route } from '@stele/http/routes'
import type { ChangedPart } from '@stele/registry/reading'
import { maxConflictsFrom, maxConflictsShown } from '../limits.ts'
import { type ConflictsPage, formatConflictsPage } from './conflicts-page.ts'
import { htmlDraft } from './html.ts'
import type { WebPorts } from './ports.ts'

/** `?what&from&size`, the newest first. */
export function conflictRoutes({ registry }: WebPorts): Route[] {
  const path = '/-/stele/conflicts'
  const read = (ask: Ask): ConflictsPage => {
    const from = numberParameter(ask, 'from', { least: 0, most: maxConflictsFrom, absent: 0 })
    const size = numberParameter(ask, 'size', { least: 1, most: maxConflictsShown, absent: 50 })
    const what = partOf(ask.query.get('what'))
    const { counts, found } = registry.conflicts({ from, size, what })
    const conflicts = found.map(
      ({ name, version, what: part, pinned, shown, isAmended, seenMs, entry }) => ({
        name,
        version,
        what: part,
        ...(pinned === undefined ? {} : { pinned }),
        refused: shown,
        ...(isAmended ? { amended: true as const } : {}),
        seen: new Date(seenMs).toISOString(),
        entry,
      }),
    )
    const total = what === undefined ? counts.tarball + counts.record : counts[what]
    return { baseUrl: ask.baseUrl(), what, total, from, conflicts }
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

/** Both parts where none is named. */
function partOf(text: string | null): ChangedPart | undefined {
  return text === 'tarball' || text === 'record' ? text : undefined
}
