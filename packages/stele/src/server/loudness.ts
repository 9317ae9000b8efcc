// How loud each event of the server is: reads are many and say little; an operator looks for writes and for what went wrong.
import type { HttpEvent } from '@stele/http'
import type { Level } from '../logger.ts'

const trouble = [
  'read_only',
  'commit_failed',
  'thread_restarted',
  'service_suspended',
  'service_not_opened',
  'thread_suspended',
  'folder_publish_failed',
  'snapshot_failed',
  'clock_behind',
  'takedown_unfinished',
  'located_not_logged',
  'located_refused',
  'located_release_changed',
  'located_withheld',
  'scanner_failed',
  'scanner_trouble',
  'upstream_conflict',
  'upstream_difference',
  'upstream_copy_damaged',
  'upstream_left',
  'upstream_not_learned',
  'upstream_not_logged',
  'upstream_not_noted',
  'upstream_settings_unused',
  'upstream_stale',
  'upstream_sweep_failed',
  'upstream_unreachable',
  'upstream_unsearchable',
]

/** The level of an event of a service or of its thread. */
export function serviceLoudness(event: string): Level {
  if (trouble.includes(event)) return 'error'
  return event === 'commit' ? 'debug' : 'info'
}

/** The level of an event of the HTTP edge. npm asks for an audit at every install: that nobody can answer it is no news. */
export function httpLoudness(event: HttpEvent): Level {
  if (event.type === 'bug') return 'error'
  if (event.type !== 'access') return 'debug'
  if (event.status >= 500) return 'error'
  if (event.method === 'GET' || event.method === 'HEAD') return 'debug'
  return event.code === 'not_offered' ? 'debug' : 'info'
}

/** Whether the event of an answer may be printed, or counted as a publish: reads that nobody logs need not make one. */
export function wantsAccessEvent(least: Level, method: string, status: number): boolean {
  const isRead = method === 'GET' || method === 'HEAD'
  return least === 'debug' || !isRead || status >= 500
}
