// The verdict on a script's service as a person reads it: a line for its call log, a line for its files, then what they rest on.
import type { Finding, VerifyReport } from '@stele/audit/report'
import { faultWeights } from '@stele/audit/report'
import { redactLine } from '@stele/errors'
import type { ShownReport } from './report-text.ts'

const maxShown = 10
const advice =
  'Keep this report and the signed checkpoint: they are evidence. Do not rely on this service until its operator has explained it'

/** The report's text. What the log says of itself cannot end a line, nor drive a terminal. */
export function formatServiceReport(report: ShownReport): string {
  const { findings, warnings, saved, exceptions } = report
  const onLog = findings.filter(({ weight }) => weight < faultWeights.served)
  const onFiles = findings.filter(({ weight }) => weight >= faultWeights.served)
  return [
    ...verdictLines('Call log', onLog, logVerdict(report)),
    ...verdictLines('Files', onFiles, filesVerdict(report, onLog.length > 0)),
    ...(findings.length > 0 ? [`  ${advice}`] : []),
    ...saved.map((path) => `  Saved as evidence: ${path}`),
    ...factLines(report).map(([name, text]) => `  ${name.padEnd(12)}${text}`),
    ...exceptions.slice(0, maxShown).map(({ from, to, subject, reason }) => {
      const range = from === to ? `Entry ${from}` : `Entries ${from} to ${to}`
      return `  ${subject ?? range}: not checked in full, ${reason}`
    }),
    ...(exceptions.length > maxShown ? [moreLine(exceptions.length - maxShown)] : []),
    ...warnings.map((text) => `  Note: ${text}`),
  ]
    .map(redactLine)
    .join('\n')
}

function verdictLines(
  what: string,
  findings: readonly Finding[],
  verdict: string,
): readonly string[] {
  if (findings.length === 0) return [`${what}: ${verdict}`]
  const lines = findings.slice(0, maxShown).map(({ message }) => `  ${message}`)
  const rest = findings.length - lines.length
  return [`${what}: MISMATCH`, ...lines, ...(rest > 0 ? [moreLine(rest)] : [])]
}

function moreLine(count: number): string {
  return `  and ${count} more (--json lists them)`
}

function logVerdict({ entriesReplayed, callsRun, exceptedEntries }: VerifyReport): string {
  const counts = `${entries(entriesReplayed)}, ${count(callsRun, 'call', 'calls')} run again`
  if (exceptedEntries === 0) return `verified, ${counts}`
  return `verified except ${exceptedEntries} of ${counts}`
}

function filesVerdict({ served, servedCompared }: VerifyReport, isLogWrong: boolean): string {
  if (isLogWrong) return 'not compared, since the call log does not verify'
  if (served !== true) return 'none are here to be compared: a copy of the call log alone'
  return `verified, ${count(servedCompared, 'file or folder', 'files and folders')} as the calls left them`
}

function factLines(report: VerifyReport): readonly (readonly [name: string, text: string])[] {
  const { origin, keyFingerprint, checkpoint, script, settingsChanges, known } = report
  const scripts = settingsChanges.filter((change) => change.script !== null).length
  return [
    ...fact('log', origin),
    ...fact('key', keyFingerprint === null ? null : `SHA-256 ${keyFingerprint}`),
    ...fact('script', script === null ? null : `SHA-512 ${script}`),
    ...fact('', scripts > 1 ? `the ${ordinal(scripts)} that it has run` : null),
    ...fact('checkpoint', checkpoint && `${entries(checkpoint.size)}, root ${checkpoint.root}`),
    ...fact('seen before', known && `${entries(known.size)}, on ${dayOf(known.verifiedMs)}`),
    ...fact('took', `${(report.timing.totalMs / 1000).toFixed(1)} s`),
  ]
}

function fact(name: string, text: string | null): readonly (readonly [string, string])[] {
  return text === null ? [] : [[name, text]]
}

function ordinal(number: number): string {
  const ends = ['th', 'st', 'nd', 'rd']
  const isTeen = number % 100 > 10 && number % 100 < 14
  return `${number}${(isTeen ? undefined : ends[number % 10]) ?? 'th'}`
}

function entries(number: number): string {
  return count(number, 'entry', 'entries')
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}
