// Where a script that cannot be loaded is wrong: the engine names no line, and Node's parser does.
import { Script } from 'node:vm'
import { describeLimit } from '@stele/entries/call-errors'
import { redactLine } from '@stele/errors'

const maxLineLength = 80

/** What to add to the engine's words about a script; empty where there is nothing to add. `file` is the script's name. */
export function describeFault(script: string, reason: string, file: string): string {
  if (reason.startsWith("ReferenceError: 'require'")) {
    return '. A script is by itself: it has System.files and System.oracle, and no "require"'
  }
  const [, limit = ''] = /^it exceeds the limit "(\w+)"/.exec(reason) ?? []
  const words = describeLimit(limit)
  if (words !== undefined) return `: ${words} while it was loaded`
  if (!reason.startsWith('SyntaxError')) return ''
  const place = placeOf(script)
  const where = place === undefined ? '' : ` (${file}, line ${place.line}: ${place.text})`
  const isModule = /^\s*(?:import|export)\b/.test(place?.text ?? '')
  const hint = isModule
    ? '. A script is CommonJS: "exports.hello = …" instead of "export", and there is nothing to import'
    : ''
  return where + hint
}

function placeOf(script: string): { readonly line: number; readonly text: string } | undefined {
  try {
    new Script(`(function (exports, module) {${script}\n})`, { filename: 'script' })
    return undefined // It is wrong for the engine alone.
  } catch (error) {
    const stack = error instanceof SyntaxError ? (error.stack ?? '') : ''
    const line = Number(/^script:(\d+)\n/.exec(stack)?.[1])
    const text = script.split('\n')[line - 1]
    if (text === undefined) return undefined
    return { line, text: redactLine(text.trim()).slice(0, maxLineLength) }
  }
}
