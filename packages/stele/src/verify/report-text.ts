// A verification's report as a person reads it.
import type { Exception, VerifyReport } from '@stele/audit/report'
import { blobPath, logRoot } from '@stele/entries/paths'
import { redactLine } from '@stele/errors'
import { releaseOfRules } from '@stele/registry'

const maxShownFindings = 10
const maxShownExceptions = 10

const unchecked: { readonly [U in Exception['unchecked']]: string } = {
  all: 'nothing checked but hashes',
  rules: 'replayed, but not by the rules of this version of Stele',
  rule: 'transition checked, rule not checked',
  result: 'all checked but the result',
  content: 'not checked',
  served: 'not compared with what is served',
}

/** A report with the files that were saved beside it. */
export type ShownReport = VerifyReport & { readonly saved: readonly string[] }

/** The report's text: the verdict, then what it rests on. What the log says of itself cannot end a line, nor drive a terminal. */
export function formatReport(report: ShownReport): string {
  const saved = report.saved.map((path) => `  Saved as evidence: ${path}`)
  return [
    titleOf(report),
    ...findingLines(report),
    ...saved,
    ...factLines(report).map(([name, text]) => `  ${name.padEnd(15)}${text}`),
    ...exceptionLines(report),
    ...[...report.warnings, ...addressHints(report)].map((text) => `  Note: ${text}`),
    ...noteLines(report),
  ]
    .map(redactLine)
    .join('\n')
}

function titleOf(report: VerifyReport): string {
  const { verdict, url, exceptedEntries, served } = report
  const isCopy = served === false
  const day = dayBefore(report)
  const copy = isCopy ? ' (a static copy of the log: what npm is served was not compared)' : ''
  switch (verdict) {
    case 'verified':
      return `Verified${day === undefined ? '' : ` what is new since ${day}`}: ${url}${copy}`
    case 'verified_except':
      return `Verified except ${count(exceptedEntries, 'entry', 'entries')}: ${url}${copy}`
    case 'failed':
      return `FAILED: ${url} does not verify`
  }
}

function findingLines({ findings, findingCount }: VerifyReport): string[] {
  const shown = findings.slice(0, maxShownFindings)
  const rest = findingCount - shown.length
  const fix = findings[0]?.fix
  return [
    ...shown.map(({ message }) => `  ${message}`),
    ...(rest > 0 ? [`  and ${rest} more (--json lists them)`] : []),
    ...(fix === undefined ? [] : [`  ${fix}`]),
  ]
}

/** A registry that goes by another address in public is no liar: say how to tell it so. Whether it is one is the user's to know. */
function addressHints({ findings }: VerifyReport): string[] {
  const bases = new Set(findings.map(({ code, details }) => otherBase(code, details)))
  const [base] = bases
  if (bases.size !== 1 || base === undefined) return []
  const flag = `--public-url ${base}`
  return [
    `All tarballs are named below ${base}: if that is this registry's own address, give ${flag}`,
  ]
}

/** The address that a tarball is named below, where that alone is wrong with it. */
function otherBase(code: string, details: unknown): string | undefined {
  const { what, found, wanted }: Record<string, unknown> = { ...Object(details) }
  if (code !== 'served_mismatch' || !String(what).endsWith('dist.tarball')) return undefined
  const [is, wish] = [String(found), String(wanted)].map((text) => URL.parse(text))
  if (!is || !wish || is.pathname !== wish.pathname) return undefined
  return is.origin
}

type Fact = readonly [name: string, text: string]

function factLines(report: VerifyReport): readonly Fact[] {
  const { origin, keyFingerprint, checkpoint, clockMs, script, known, served } = report
  const facts: (Fact | undefined)[] = [
    origin === null ? undefined : ['log', origin],
    keyFingerprint === null ? undefined : ['key', `SHA-256 ${keyFingerprint}`],
    checkpoint === null ? undefined : ['checkpoint', describeCheckpoint(checkpoint)],
    clockMs === null ? undefined : ['signed', new Date(clockMs).toISOString()],
    known === null ? undefined : ['seen before', describeKnown(known, report.url)],
    script === null ? undefined : ['rules', describeRules(script)],
    ...formerRules(report).map((text): Fact => ['', text]),
    ['replayed', describeReplay(report)],
    ['compared', describeCompared(report)],
    ...notReadAgain(report),
    served === false ? undefined : ['not compared', report.notCompared.join(', ')],
  ]
  return facts.filter((fact) => fact !== undefined)
}

function describeCheckpoint({
  size,
  root,
  verified,
}: NonNullable<VerifyReport['checkpoint']>): string {
  const text = `${count(size, 'entry', 'entries')}, root ${root}`
  return verified ? text : `${text} (signed by the log, but it does not verify)`
}

function describeKnown(
  { size, place, verifiedMs }: NonNullable<VerifyReport['known']>,
  url: string,
): string {
  const day = dayOf(verifiedMs)
  const where = place === '' || place === url ? '' : `, at ${place}`
  return `${count(size, 'entry', 'entries')}, on ${day}${where}`
}

/** When this place was verified before, where this run went on from there. */
function dayBefore({ entriesReplayed, entriesNew, known }: VerifyReport): string | undefined {
  if (known === null || entriesNew === entriesReplayed) return undefined
  return dayOf(known.verifiedMs)
}

/** What stands on an earlier run alone: whoever has changed it at this place since then is not found out by this one. */
function notReadAgain(report: VerifyReport): readonly Fact[] {
  const day = dayBefore(report)
  if (day === undefined) return []
  const { entriesReplayed, entriesNew, contentsChecked, contentsNew, nouns } = report
  const contents = (contentsChecked ?? 0) - (contentsNew ?? 0)
  const { one, many } = nouns.content
  const what = [
    count(entriesReplayed - entriesNew, 'entry', 'entries'),
    ...(contents === 0 ? [] : [count(contents, one, many)]),
  ].join(' and ')
  return [['not read again', `${what}, verified on ${day}; --fresh reads all of it`]]
}

function describeReplay({ entriesReplayed, entriesNew, callsRun, timing }: VerifyReport): string {
  const took = `${(timing.totalMs / 1000).toFixed(1)} s in all`
  const entries = count(entriesReplayed, 'entry', 'entries')
  const news = entriesNew === entriesReplayed ? '' : ` (${entriesNew} of them new)`
  return `${entries}${news}, ${count(callsRun, 'call', 'calls')}, ${took}`
}

/** Contents that were read on another day were read from this very place. */
function describeCompared(report: VerifyReport): string {
  const { contentsChecked, contentsNew, servedContents, servedCompared, nouns, served } = report
  const { one, many } = nouns.content
  const isAllNew = contentsChecked === contentsNew
  const contents =
    contentsChecked === null
      ? `no ${many}`
      : count(contentsChecked, one, many) +
        (isAllNew ? '' : ` (${contentsNew} of them now, the others earlier)`)
  if (served === false) return `${contents}; nothing that is served to npm`
  const { compared } = servedContents
  const elsewhere = compared === 0 ? '' : ` of the log, ${compared} of upstreams`
  return `${contents}${elsewhere}, ${count(servedCompared, nouns.served.one, nouns.served.many)} as served`
}

/** A replay shows that the rules were kept, not that they are good ones: say which they are. */
function describeRules(script: string): string {
  const release = releaseOfRules(script)
  if (release === null) return 'same as in this version of Stele'
  if (release !== undefined) return `those of Stele ${release}`
  return `neither of this version of Stele nor of an earlier one: read ${logRoot}${blobPath(script)}`
}

/** The scripts that are not in force any more, where they were not this release's: what they allowed is in the log. */
function formerRules({ settingsChanges }: VerifyReport): string[] {
  const changes = settingsChanges.filter(({ script }) => script !== null)
  return changes.slice(0, -1).flatMap(({ entry, script }, position) => {
    const until = (changes[position + 1]?.entry ?? entry) - 1
    if (script === null || releaseOfRules(script) === null) return []
    return [`entries ${entry} to ${until}: ${describeRules(script)}`]
  })
}

function exceptionLines({ exceptions }: VerifyReport): string[] {
  const shown = exceptions.slice(0, maxShownExceptions).map((exception) => {
    const { from, to, reason, subject } = exception
    const entries = from === to ? `Entry ${from}` : `Entries ${from} to ${to}`
    return `  ${subject ?? entries}: ${unchecked[exception.unchecked]}, ${reason}`
  })
  const rest = exceptions.length - shown.length
  return rest > 0 ? [...shown, `  and ${rest} more (--json lists them)`] : shown
}

/** The signed note itself: whoever keeps it can prove later what was shown. */
function noteLines({ checkpoint }: VerifyReport): string[] {
  if (checkpoint === null) return []
  const lines = checkpoint.note.trimEnd().split('\n')
  return [
    '',
    '  The signed checkpoint (--out keeps it with the report):',
    ...lines.map((line) => `    ${line}`),
  ]
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
