// A verification's report as a person reads it.
import { hash } from 'node:crypto'
import type { Exception, VerifyReport } from '@stele/audit'
import { blobPath, logRoot } from '@stele/entries'
import { rulesScript } from '@stele/registry'

const maxShownFindings = 10
const maxShownExceptions = 10

const missing: { readonly [U in Exception['unchecked']]: string } = {
  all: 'nothing checked but hashes',
  rules: 'replayed, but by rules that are not those of this version of Stele',
  rule: 'transition checked, rule not checked',
  result: 'all checked but the result',
  tarball: 'tarball not checked',
}

/** The report's text: the verdict, then what it rests on. */
export function formatReport(report: VerifyReport): string {
  return [
    titleOf(report),
    ...findingLines(report),
    ...factLines(report).map(([name, text]) => `  ${name.padEnd(14)}${text}`),
    ...exceptionLines(report),
    ...report.warnings.map((warning) => `  Note: ${warning}`),
  ].join('\n')
}

function titleOf({ verdict, url, exceptedEntries }: VerifyReport): string {
  switch (verdict) {
    case 'verified':
      return `Verified: ${url}`
    case 'verified_except':
      return `Verified except ${count(exceptedEntries, 'entry', 'entries')}: ${url}`
    case 'failed':
      return `FAILED: ${url} does not verify`
  }
}

function findingLines({ findings }: VerifyReport): string[] {
  const shown = findings.slice(0, maxShownFindings)
  const rest = findings.length - shown.length
  const fix = findings[0]?.fix
  return [
    ...shown.map(({ message }) => `  ${message}`),
    ...(rest > 0 ? [`  and ${rest} more (--json lists them)`] : []),
    ...(fix === undefined ? [] : [`  ${fix}`]),
  ]
}

function factLines(report: VerifyReport): (readonly [string, string])[] {
  const { origin, keyFingerprint, size, root, clockMs, script, timing } = report
  const rate = Math.round(timing.callsPerSecond)
  const calls = count(report.callsRun, 'call', 'calls')
  const took = `${(timing.totalMs / 1000).toFixed(1)} s in all`
  const tarballs =
    report.tarballsChecked === null
      ? 'no tarballs'
      : count(report.tarballsChecked, 'tarball', 'tarballs')
  return [
    ...(origin === null ? [] : [['log', origin] as const]),
    ...(keyFingerprint === null ? [] : [['key', `SHA-256 ${keyFingerprint}`] as const]),
    ...(size === null || root === null
      ? []
      : [['checkpoint', `${count(size, 'entry', 'entries')}, root ${root}`] as const]),
    ...(clockMs === null ? [] : [['signed', new Date(clockMs).toISOString()] as const]),
    ...(script === null ? [] : [['rules', describeRules(script)] as const]),
    ...formerRules(report).map((text) => ['', text] as const),
    [
      'replayed',
      `${count(report.entriesReplayed, 'entry', 'entries')}, ${calls} (${rate} a second), ${took}`,
    ],
    [
      'compared',
      `${tarballs}, ${count(report.packumentsCompared, 'package', 'packages')} as served`,
    ],
    ['not in a log', report.notCompared.join(', ')],
  ]
}

/** A replay shows that the rules were kept, not that they are good ones: say which they are. */
function describeRules(script: string): string {
  return script === hash('sha512', rulesScript())
    ? 'same as in this version of Stele'
    : `not those of this version of Stele: read ${logRoot}${blobPath(script)}`
}

/** The scripts that are not in force any more, where they were not this release's: what they allowed is in the log. */
function formerRules({ settingsChanges }: VerifyReport): string[] {
  const changes = settingsChanges.filter(({ script }) => script !== null)
  return changes.slice(0, -1).flatMap(({ entry, script }, position) => {
    const until = (changes[position + 1]?.entry ?? entry) - 1
    if (script === null || script === hash('sha512', rulesScript())) return []
    return [`entries ${entry} to ${until}: ${describeRules(script)}`]
  })
}

function exceptionLines({ exceptions }: VerifyReport): string[] {
  const shown = exceptions.slice(0, maxShownExceptions).map(({ from, to, unchecked, reason }) => {
    const entries = from === to ? `Entry ${from}` : `Entries ${from} to ${to}`
    return `  ${entries}: ${missing[unchecked]}, since ${reason}`
  })
  const rest = exceptions.length - shown.length
  return rest > 0 ? [...shown, `  and ${rest} more (--json lists them)`] : shown
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
