// Where this program keeps what makes an address stay the same: the keys of drives, and the drives themselves.
import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** `~/.local/state/stele-p2p`, or where XDG_STATE_HOME says. */
export function usualStateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_STATE_HOME: given, HOME: home = homedir() } = environment
  return join(given === undefined || given === '' ? join(home, '.local/state') : given, 'stele-p2p')
}

/** The folder of one subject within; made when it is not there, for its owner alone: whoever reads it can write the drive. */
export function folderFor(state: string, kind: 'shares' | 'copies', subject: string): string {
  const folder = join(state, kind, hash('sha256', subject).slice(0, 32))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}
