// A signal for a script. The shell that runs it is passed over while it runs something: it would end, and leave that behind.
import { type ChildProcess, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { signalAgainMs } from './limits.ts'

/** Sends the signal to the programs that the script runs, each once: also to those that its shell begins afterwards. */
export function signalTree(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = child
  if (pid === undefined || process.platform === 'win32') {
    child.kill(signal)
    return
  }
  const told = new Set<number>()
  const tell = (): void => {
    for (const each of programsBelow(pid)) {
      if (!told.has(each)) send(each, signal)
      told.add(each)
    }
  }
  tell()
  const timer = setInterval(tell, signalAgainMs)
  child.once('close', () => clearInterval(timer))
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}

type Process = { readonly pid: number; readonly parent: number; readonly name: string }

/** The program itself; of a shell that runs others, these. */
function programsBelow(pid: number): readonly number[] {
  const all = processes()
  const children = Map.groupBy(all, ({ parent }) => parent)
  const names = new Map(all.map((each) => [each.pid, each.name]))
  const programsOf = (at: number): readonly number[] => {
    const below = children.get(at) ?? []
    const isShell = /(?:^|\/)-?(?:a|ba|da|k|z)?sh$/.test(names.get(at) ?? '')
    return isShell && below.length > 0 ? below.flatMap((each) => programsOf(each.pid)) : [at]
  }
  return programsOf(pid)
}

function processes(): readonly Process[] {
  if (process.platform === 'linux') {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? processOf(name) : []))
  }
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' })
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [, pid = '', parent = '', name = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return pid === '' ? [] : [{ pid: Number(pid), parent: Number(parent), name }]
  })
}

/** `12 (name) S 11 …`: a name may hold anything, also a parenthesis. */
function processOf(pid: string): readonly Process[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const end = text.lastIndexOf(')')
    const [, parent] = text.slice(end + 2).split(' ')
    return [
      { pid: Number(pid), parent: Number(parent), name: text.slice(text.indexOf('(') + 1, end) },
    ]
  } catch {
    return [] // It has ended.
  }
}
