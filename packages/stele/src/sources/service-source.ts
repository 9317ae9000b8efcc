// What is to be verified or cloned: the address of a service, or a folder with a copy of its log or its files.
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { wsAddress } from './service-address.ts'
import { filesFolder, logInFolder, type Source } from './source.ts'
import { typedPath, wrongUsage } from './typed-folder.ts'

/** A log: an address, or a folder that holds one, also a service's own. Throws `usage_wrong`. */
export function parseLogSource(text: string, command?: string): Source {
  if (!isFolderMeant(text)) return { kind: 'http', root: parseServiceUrl(text, command) }
  const folder = folderOf(text, command)
  const found = [folder.replace(/\/-\/log\/*$/, ''), join(folder, 'public')].find((one) =>
    existsSync(join(one, logInFolder)),
  )
  if (found !== undefined) return { kind: 'folder', path: found }
  const what = 'Give a service\'s folder, or a clone of one as "stele clone" makes it'
  throw wrongUsage(`The folder "${text}" holds no call log. ${what}`, command)
}

/** Files: the address of a service, a clone's folder, or a folder of plain files. Throws `usage_wrong`. */
export function parseFilesSource(text: string, command?: string): Source {
  if (!isFolderMeant(text)) return { kind: 'http', root: parseServiceUrl(text, command) }
  const folder = folderOf(text, command)
  const isClone = existsSync(join(folder, logInFolder))
  return { kind: 'folder', path: isClone ? join(folder, filesFolder) : folder }
}

/** Where the files of a log are when nobody says where. */
export function filesBeside(log: Source): Source {
  return log.kind === 'http' ? log : { kind: 'folder', path: join(log.path, filesFolder) }
}

/**
 * The address of a service without a slash at its end: `localhost:5555`, `ws:` and `http:` addresses, those of its files and its
 * log too. Throws `usage_wrong`.
 */
function parseServiceUrl(text: string, command: string | undefined): string {
  const url = wsAddress(text, { command })
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    throw wrongUsage(`"${text}": the address has no user name, query or fragment`, command)
  }
  return url.href
    .replace(/^ws/, 'http')
    .replace(/\/+$/, '')
    .replace(/\/-\/(?:log|files)$/, '')
}

function isFolderMeant(text: string): boolean {
  return text.startsWith('file:') || /^[./~]/.test(text) || existsSync(text)
}

function folderOf(text: string, command: string | undefined): string {
  const folder = resolve(typedPath(text, command))
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) throw wrongUsage(`There is no folder "${text}" here`, command)
  if (stats.isDirectory()) return folder
  throw wrongUsage(`"${text}" is a file, not a folder`, command)
}
