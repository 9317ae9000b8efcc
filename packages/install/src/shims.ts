// Windows runs no file because of its first line: a program there is three small scripts, for cmd.exe, PowerShell and the shells of Unix.
import { dirname, join, resolve } from 'node:path'

/** What a shim starts: `file` is relative to the folder of the shim. */
export type Started = {
  readonly file: string
  /** What runs the file; undefined where it runs by itself. */
  readonly interpreter: string | undefined
  readonly flags: string
}

/** The files that a program is on Windows. */
export function shimNames(name: string): readonly string[] {
  return [name, `${name}.cmd`, `${name}.ps1`]
}

/** What a program's first line says runs it: `#!/usr/bin/env -S node --flag` gives node and its flag. Node runs what says nothing and is a script. */
export function readInterpreter(start: Uint8Array): Pick<Started, 'interpreter' | 'flags'> {
  const [line = ''] = Buffer.from(start).toString('latin1').split(/\r?\n/, 1)
  const found =
    /^#!\s*(?:\/usr\/bin\/env\s+(?:-S\s+)?(?:[A-Za-z_]\w*=\S*\s+)*)?(?<program>[^\s]+)(?<flags>.*)$/.exec(
      line,
    )
  const { program, flags = '' } = found?.groups ?? {}
  if (program !== undefined) {
    return { interpreter: program.slice(program.lastIndexOf('/') + 1), flags: flags.trim() }
  }
  const isBinary = start.includes(0) || (start[0] === 0x4d && start[1] === 0x5a)
  return { interpreter: isBinary ? undefined : 'node', flags: '' }
}

/** The shims by the names of their files. */
export function shimsOf(name: string, started: Started): ReadonlyMap<string, string> {
  const file = started.file.replaceAll('/', '\\')
  const slashed = started.file.replaceAll('\\', '/')
  const { interpreter, flags } = started
  return new Map([
    [name, forUnixShells({ file: slashed, interpreter, flags })],
    [`${name}.cmd`, forCmd({ file, interpreter, flags })],
    [`${name}.ps1`, forPowerShell({ file: slashed, interpreter, flags })],
  ])
}

function forUnixShells({ file, interpreter, flags }: Started): string {
  const target = `"$basedir/${file}"`
  const given = flags === '' ? '' : `${flags} `
  const start =
    interpreter === undefined
      ? [`exec ${target} "$@"`]
      : [
          `if [ -x "$basedir/${interpreter}" ]; then`,
          `  exec "$basedir/${interpreter}" ${given}${target} "$@"`,
          'else',
          `  exec ${interpreter} ${given}${target} "$@"`,
          'fi',
        ]
  return `${[
    '#!/bin/sh',
    'basedir=$(dirname "$(echo "$0" | sed -e \'s,\\\\,/,g\')")',
    'case `uname` in',
    '  *CYGWIN*|*MINGW*|*MSYS*)',
    '    if command -v cygpath > /dev/null 2>&1; then basedir=`cygpath -w "$basedir"`; fi',
    '  ;;',
    'esac',
    ...start,
  ].join('\n')}\n`
}

/** The last lines are one: so that cmd.exe asks nothing when the program is interrupted. */
function forCmd({ file, interpreter, flags }: Started): string {
  const target = `"%~dp0\\${escapeCmd(file)}"`
  const given = flags === '' ? '' : `${escapeCmd(flags)} `
  const start =
    interpreter === undefined
      ? [`${target} %*`]
      : [
          'SETLOCAL',
          `IF EXIST "%~dp0\\${interpreter}.exe" (`,
          `  SET "_prog=%~dp0\\${interpreter}.exe"`,
          ') ELSE (',
          `  SET "_prog=${interpreter}"`,
          '  SET PATHEXT=%PATHEXT:;.JS;=;%',
          ')',
          `endLocal & goto #_undefined_# 2>NUL || title %COMSPEC% & "%_prog%" ${given}${target} %*`,
        ]
  return `${['@ECHO off', ...start].join('\r\n')}\r\n`
}

function escapeCmd(text: string): string {
  return text.replaceAll('%', '%%')
}

function forPowerShell({ file, interpreter, flags }: Started): string {
  const target = `"$basedir/${file.replaceAll(/[`$"]/g, '`$&')}"`
  const given = flags === '' ? '' : `${flags} `
  const call = (program: string): readonly string[] => [
    '  if ($MyInvocation.ExpectingInput) {',
    `    $input | & ${program} $args`,
    '  } else {',
    `    & ${program} $args`,
    '  }',
    '  $ret=$LASTEXITCODE',
  ]
  const start =
    interpreter === undefined
      ? ['if ($true) {', ...call(target), '}']
      : [
          `if (Test-Path "$basedir/${interpreter}$exe") {`,
          ...call(`"$basedir/${interpreter}$exe" ${given}${target}`),
          '} else {',
          ...call(`"${interpreter}$exe" ${given}${target}`),
          '}',
        ]
  return `${[
    '#!/usr/bin/env pwsh',
    '$basedir=Split-Path $MyInvocation.MyCommand.Definition -Parent',
    '$exe=""',
    'if ($PSVersionTable.PSVersion -lt "6.0" -or $IsWindows) { $exe=".exe" }',
    '$ret=0',
    ...start,
    'exit $ret',
  ].join('\n')}\n`
}

/** Whether the text is a shim in this folder that starts something within the owner's folder. */
export function isShimInto(text: string, folder: string, owner: string): boolean {
  const found = /(?:\$basedir\/|%~dp0\\)(?<file>(?:\.\.[\\/])[^"]*)"/.exec(text)
  const file = found?.groups?.['file']?.replaceAll('\\', '/')
  return (
    file !== undefined && resolve(dirname(join(folder, 'x')), file).startsWith(join(owner, '/'))
  )
}
