// What is to be verified or cloned: the address of a service, or a folder with a copy of its log or its files.
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isSteleError, SteleError } from '@stele/errors'
import type { Source } from '../verify/messages.ts'
import { wsAddress } from './rpc-client.ts'

const logInFolder = '-/log/key'
/** Where a clone keeps the files. */
export const filesFolder = 'files'
/** Lies in a clone while its files are written: until it is gone they may be of several entries. */
export const incompleteMark = 'files.incomplete'

/** A log: an address, or a folder that holds one, also a service's own. Throws `usage_wrong`. */
export function parseLogSource(text: string, command: string): Source {
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
export function parseFilesSource(text: string, command: string): Source {
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
function parseServiceUrl(text: string, command: string): string {
  const url = parseAddress(text, command)
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    throw wrongUsage(`"${text}": the address has no user name, query or fragment`, command)
  }
  return url.href
    .replace(/^ws/, 'http')
    .replace(/\/+$/, '')
    .replace(/\/-\/(?:log|files)$/, '')
}

function parseAddress(text: string, command: string): URL {
  try {
    return wsAddress(text)
  } catch (error) {
    if (!isSteleError(error, 'usage_wrong')) throw error
    throw wrongUsage(error.details.reason, command)
  }
}

function isFolderMeant(text: string): boolean {
  return text.startsWith('file:') || /^[./~]/.test(text) || existsSync(text)
}

function folderOf(text: string, command: string): string {
  const folder = resolve(text.startsWith('file:') ? pathOf(text, command) : text)
  const stats = statSync(folder, { throwIfNoEntry: false })
  if (stats === undefined) throw wrongUsage(`There is no folder "${text}" here`, command)
  if (stats.isDirectory()) return folder
  throw wrongUsage(`"${text}" is a file, not a folder`, command)
}

function pathOf(text: string, command: string): string {
  try {
    return fileURLToPath(text)
  } catch (cause) {
    const reason = `"${text}" is not the address of a folder on this machine`
    throw new SteleError('usage_wrong', { reason, command }, { cause })
  }
}

function wrongUsage(reason: string, command: string): SteleError {
  return new SteleError('usage_wrong', { reason, command })
}
