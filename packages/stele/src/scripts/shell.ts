// A script with arguments as a command of a shell, each argument as it was typed.
import { existsSync } from 'node:fs'

/** Not the first "sh" of the PATH: that begins with the programs of packages. */
const systemShell = existsSync('/bin/sh') ? '/bin/sh' : 'sh'

/** A program and its arguments. */
export type ShellCommand = {
  readonly program: string
  readonly args: readonly string[]
  /** Windows' own shell takes its command line as it is. */
  readonly isVerbatim: boolean
}

/** What starts the script. `shell` is npm's `script-shell`; where nobody set it, the system's. */
export function shellCommand(
  script: string,
  args: readonly string[],
  { shell, env }: { readonly shell: string | undefined; readonly env: NodeJS.ProcessEnv },
): ShellCommand {
  const usual = process.platform === 'win32' ? (env['ComSpec'] ?? 'cmd.exe') : systemShell
  const program = shell ?? usual
  const isCmd = /(?:^|[\\/])cmd(?:\.exe)?$/i.test(program)
  const words = [script, ...args.map(isCmd ? quoteForCmd : quote)]
  const line = words.join(' ')
  return isCmd
    ? { program, args: ['/d', '/s', '/c', line], isVerbatim: true }
    : { program, args: ['-c', line], isVerbatim: false }
}

/** As a POSIX shell reads it. */
export function quote(text: string): string {
  if (text !== '' && !/[\t\n\r "#$&'()*;<>?\\`|~{}[\]!]/.test(text)) return text
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** As cmd.exe passes it to a program, which it may read once more where that is a .cmd file. */
export function quoteForCmd(text: string): string {
  const quoted = /[ \t\n\v"]/.test(text)
    ? `"${text.replaceAll(/(\\*)"/g, String.raw`$1$1\"`).replace(/(\\+)$/, '$1$1')}"`
    : text
  const whole = quoted === '' ? '""' : quoted
  return whole.replaceAll(/[ !%^&()<>|"]/g, '^^^$&')
}
