// GET /-/log/: the entries as people and small programs read them. What proves them are the files below that address.
import type { Body } from '@stele/entries/bodies'
import { describeCallError } from '@stele/entries/call-errors'
import { entryKinds, parseLeaf } from '@stele/entries/leaf'
import { parseEffects, readBodyPart, readPart } from '@stele/entries/parts'
import { logRoot } from '@stele/entries/paths'
import { type Ask, type Draft, jsonDraft, numberParameter, type Route } from '@stele/http/routes'
import { maxEntriesShown, maxPageBytes, maxPartShown, maxShownText } from '../limits.ts'
import { htmlDraft } from '../web/html.ts'
import { formatCallsPage, type ShownEntry } from './pages.ts'
import type { VmPorts } from './ports.ts'

/** `?before` is where a page ends; the newest entries come first. */
export function callsRoutes(ports: VmPorts): Route[] {
  const path = logRoot
  const read = (ask: Ask): { readonly total: number; readonly entries: readonly ShownEntry[] } => {
    const total = ports.treeSize()
    const before = numberParameter(ask, 'before', { least: 0, most: total, absent: total })
    const start = Math.max(0, before - maxEntriesShown)
    return { total, entries: readEntries(ports, start, before) }
  }
  const showPage = (ask: Ask): Draft =>
    htmlDraft(formatCallsPage({ baseUrl: ask.baseUrl(), title: ports.title, ...read(ask) }))
  return [
    { method: 'GET', path, accepts: 'text/html', answer: showPage },
    { method: 'GET', path, answer: (ask) => jsonDraft(200, read(ask)) },
  ]
}

/** The newest first. Long parts, and those for which the page has no room left, are told by their sizes: reading them takes long. */
function readEntries({ entry }: VmPorts, start: number, end: number): readonly ShownEntry[] {
  let left = maxPageBytes
  const shown: ShownEntry[] = []
  for (let index = end - 1; index >= start; index--) {
    const found = entry(index, Math.min(maxPartShown, Math.floor(left / 2)))
    if (found === undefined) continue
    for (const part of [found.body, found.effects]) {
      if (part instanceof Uint8Array) left -= part.length
    }
    shown.push(show(found, index))
  }
  return shown
}

type Found = NonNullable<ReturnType<VmPorts['entry']>>

function show({ leaf, body, effects }: Found, index: number): ShownEntry {
  const { kind, timeMs } = parseLeaf(leaf)
  const time = new Date(timeMs).toISOString()
  const at = { index, time, ...describePart(kind, body) }
  if (effects === null) return { ...at, answer: 'taken down', changes: 0 }
  if (typeof effects === 'number') return { ...at, answer: sizeOf(effects), changes: 0 }
  const outcome = parseEffects(readPart(effects))
  return { ...at, answer: answerOf(outcome), changes: outcome.changes }
}

function describePart(
  kind: Parameters<typeof readBodyPart>[0],
  body: Found['body'],
): Pick<ShownEntry, 'who' | 'what'> {
  if (body === null) return { who: '', what: 'taken down' }
  if (typeof body === 'number') return { who: '', what: sizeOf(body) }
  return describe(readBodyPart(kind, body))
}

function sizeOf(bytes: number): string {
  return `${bytes} bytes, too long to be shown here`
}

function describe({ kind, body }: Body): Pick<ShownEntry, 'who' | 'what'> {
  if (kind === entryKinds.call) {
    const { account, method, args, via } = body
    const who = account === null ? 'anonymous' : `${account}, ${via.type}`
    return { who, what: cut(`${method}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`) }
  }
  if (kind === entryKinds.genesis) return { who: body.operator, what: 'the log begins' }
  if (kind === entryKinds.memory) return { who: 'the host', what: "the memory's digest" }
  return { who: 'the root keys', what: 'withhold' in body ? 'takedown' : 'settings' }
}

function answerOf(effects: ReturnType<typeof parseEffects>): string {
  if (!effects.ok) return cut(describeCallError(effects.error))
  return effects.result === undefined ? '' : cut(JSON.stringify(effects.result))
}

function cut(text: string): string {
  return text.length > maxShownText ? `${text.slice(0, maxShownText)}…` : text
}
