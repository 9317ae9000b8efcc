// .npmrc files as a person reads and changes them: which settings each has, and a change that leaves the rest of the text as it is.
import { existsSync, readFileSync } from 'node:fs'
import { redact } from '@stele/errors'
import { writeWhole } from './write-whole.ts'

/** A setting of a file, as it is written there. */
export type Setting = { readonly key: string; readonly value: string }

/** What a file of settings has, in its order; nothing where there is no such file. */
export function readSettings(path: string): readonly Setting[] {
  return linesOf(path).flatMap((line) => settingIn(line) ?? [])
}

function linesOf(path: string): readonly string[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
}

function settingIn(line: string): Setting | undefined {
  const found = /^\s*(?<key>[^;#=\s][^=]*?)\s*(?:=\s*(?<value>.*?))?\s*$/.exec(line)?.groups
  if (found === undefined) return undefined
  const { key = '', value = 'true' } = found
  return { key: key.replace(/\[\]$/, ''), value: value.replace(/^(["'])(.*)\1$/, '$2') }
}

/** Writes the file with this setting, or without it where no value is given. Whoever could read it, and nobody else, can afterwards. */
export function changeSetting(path: string, key: string, value: string | undefined): boolean {
  const lines = linesOf(path)
  const isOwn = (line: string): boolean => settingIn(line)?.key === key
  const at = lines.findIndex(isOwn)
  if (at === -1 && value === undefined) return false
  const others = lines.filter((line, index) => index === at || !isOwn(line))
  const kept = value === undefined ? others.filter((_, index) => index !== at) : others
  const written = value === undefined ? [] : [`${key}=${value}`]
  const changed =
    at === -1 || value === undefined ? withLine(kept, written) : kept.with(at, written[0] ?? '')
  if (changed.join('\n') === lines.join('\n')) return false
  writeWhole(path, `${changed.join('\n').replace(/\n+$/, '')}\n`, 0o600)
  return true
}

function withLine(lines: readonly string[], added: readonly string[]): readonly string[] {
  const end = lines.findLastIndex((line) => line !== '') + 1
  return [...lines.slice(0, end), ...added]
}

const secret = /(?:^|:)_|token|password|secret|(?:^|:)(?:otp|key|keyfile|cert|username)$/i
const plainUnderscores = new Set(['_jsr'])

/** Whether nobody is to see the value of this setting. */
export function isSecret(key: string): boolean {
  return secret.test(key) && !plainUnderscores.has(key)
}

/** The value as it may be shown. */
export function shownValue({ key, value }: Setting): string {
  if (isSecret(key)) return '(hidden)'
  return redact(value)
}
