// What `stele rules` says to a person.
import type { JsonValue } from '@stele/formats/json'
import type { RulesInForce } from '@stele/service'

/** What a subcommand reports. */
export type RulesReport =
  | { readonly did: 'show'; readonly rules: RulesInForce; readonly differs: readonly string[] }
  | { readonly did: 'nothing' }
  | {
      readonly did: 'propose' | 'sign'
      readonly file: string
      readonly seq: number
      readonly set: { readonly [name: string]: JsonValue }
      readonly signed: number
      readonly threshold: number
    }
  | {
      readonly did: 'apply' | 'update'
      readonly entry: number
      readonly set: { readonly [name: string]: JsonValue }
    }

/** The text of a report. */
export function viewRules(report: RulesReport): string {
  switch (report.did) {
    case 'show':
      return showText(report.rules, report.differs)
    case 'nothing':
      return "The log runs this release's rules and engine already. Nothing was changed"
    case 'propose':
      return [
        `Wrote ${report.file}: change ${report.seq} of this log's settings`,
        ...changes(report.set),
        `Next: have ${keysText(report.threshold)} sign it with "stele rules sign ${report.file} --with <key file>", then run "stele rules apply ${report.file}" here`,
      ].join('\n')
    case 'sign':
      return [
        `Signed ${report.file}: change ${report.seq} of the log's settings`,
        ...changes(report.set),
        report.signed < report.threshold
          ? `It has ${report.signed} of ${report.threshold} signatures`
          : `It has all the signatures it needs. Next: run "stele rules apply ${report.file}" where the log is`,
      ].join('\n')
    case 'apply':
    case 'update':
      return [
        `Entry ${report.entry} of the log changed its settings. They hold from the next entry on`,
        ...changes(report.set),
      ].join('\n')
  }
}

function showText(
  { origin, settings, since, release }: RulesInForce,
  differs: readonly string[],
): string {
  const { script, engine, limits, keys, roots } = settings
  const mark = (name: 'script' | 'engine'): string =>
    settings[name] === release[name]
      ? "this release's"
      : `not this release's, which has the SHA-512 ${release[name]}`
  const entry = (name: string): string => `since entry ${since[name] ?? 0}`
  const lines = [
    `Log     ${origin}`,
    `Rules   SHA-512 ${script}`,
    `        ${mark('script')}, ${entry('script')}`,
    `        their text: <address>/-/log/blob/${script.slice(0, 2)}/${script}`,
    `Engine  SHA-512 ${engine}`,
    `        ${mark('engine')}, ${entry('engine')}`,
    `Limits  ${entry('limits')}, for each call:`,
    ...limitLines(limits),
    `Keys    ${keys.join('\n        ')}`,
    `        ${entry('keys')}`,
    `Roots   ${roots.keys.join('\n        ')}`,
    `        ${keysText(roots.threshold)} must sign a change, ${entry('roots')}`,
  ]
  if (differs.length > 0) {
    lines.push('', 'To put the rules and the engine of this release in force: stele rules update')
  }
  return lines.join('\n')
}

/** What the engine counts each of its limits in. */
const units: { readonly [name: string]: string } = {
  gas: 'ticks of 10,000 loop turns or calls in the script',
  memory: 'bytes of heap',
  stack: 'bytes of stack',
  jobs: 'promise jobs',
  timers: 'timers',
  hostCalls: 'calls into the host',
  transferBytes: 'bytes between script and host',
  writes: 'file changes',
  writeBytes: 'bytes written',
  argumentBytes: 'bytes of arguments, as JSON',
  resultBytes: 'bytes of the result, as JSON',
}

function limitLines(limits: { readonly [name: string]: JsonValue }): string[] {
  const rows = Object.entries(limits)
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, limit]) => {
    const unit = Object.hasOwn(units, name) ? (units[name] ?? '') : ''
    return `        ${name.padEnd(width)}  ${JSON.stringify(limit)} ${unit}`.trimEnd()
  })
}

function keysText(threshold: number): string {
  return threshold === 1 ? 'one root key' : `${threshold} root keys`
}

function changes(set: { readonly [name: string]: JsonValue }): string[] {
  return Object.entries(set).map(
    ([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
}
