// The variable that says where programs are, and the Node that it leads to.
import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Variables. */
export type Environment = { readonly [name: string]: string | undefined }

/** What the variable is called here: Windows writes it in any case. */
export function pathNameOf(env: Environment): string {
  return Object.keys(env).find((name) => /^path$/i.test(name)) ?? 'PATH'
}

/** Its folders, the first one first. */
export function pathFolders(env: Environment): readonly string[] {
  return (env[pathNameOf(env)] ?? '').split(delimiter).filter((folder) => folder !== '')
}

/** The Node that programs run with: the one of PATH, else the one that runs this. */
export function findNode(
  env: Environment,
  isMeant: (folder: string) => boolean = () => true,
): string {
  const program = process.platform === 'win32' ? 'node.exe' : 'node'
  for (const folder of pathFolders(env)) {
    if (!isMeant(folder)) continue
    try {
      accessSync(join(folder, program), constants.X_OK)
      return realpathSync(join(folder, program))
    } catch {
      // It is not there.
    }
  }
  return process.execPath
}
