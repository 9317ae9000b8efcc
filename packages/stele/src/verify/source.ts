// What is to be verified: the address of a registry, or a folder with a copy of its log.
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SteleError } from '@stele/errors'
import type { Source } from './messages.ts'

const logInFolder = '-/log/key'
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** An address, or a folder that is there (`file:` or a path). Throws `usage_wrong`. */
export function parseSource(text: string): Source {
  const path = pathOf(text)
  if (path === undefined) return { kind: 'http', root: parseRegistryUrl(text) }
  const folder = resolve(path.replace(/\/-\/log\/*$/, ''))
  if (existsSync(join(folder, logInFolder))) return { kind: 'folder', path: folder }
  throw noLog(text, folder)
}

/** The path that is meant, undefined for an address. What is there is never taken for the name of a host. */
function pathOf(text: string): string | undefined {
  if (text.startsWith('file:')) {
    try {
      return fileURLToPath(text)
    } catch {
      throw wrongUsage(`"${text}" is not the address of a folder on this machine`)
    }
  }
  return /^[./~]/.test(text) || existsSync(text) ? text : undefined
}

function noLog(text: string, folder: string): SteleError {
  const what = 'a copy of the public folder of a registry, which holds -/log'
  if (!existsSync(folder)) return wrongUsage(`There is no folder "${folder}". Give ${what}`)
  if (!statSync(folder).isDirectory()) return wrongUsage(`"${text}" is a file. Give ${what}`)
  const inner = join(text, 'public')
  const isData = existsSync(join(inner, logInFolder))
  const instead = isData ? `. Its log is in "${inner}": give that` : `. Give ${what}`
  const isName = URL.canParse(`https://${text}`) && !/^[./~]|^file:/.test(text)
  const other = isName ? `, or https://${text} if a registry is meant` : ''
  return wrongUsage(`The folder "${text}" holds no log${instead}${other}`)
}

/** The registry's address without a slash at its end; without a scheme, `http` for this machine and `https` for others. */
export function parseRegistryUrl(text: string, flag = ''): string {
  const hasScheme = text.includes('://')
  const url = URL.parse(hasScheme ? text : `https://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw wrongUsage(`${flag}"${text}" is not the address of a registry`)
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    const what = flag === '' ? 'The address of a registry' : `${flag}"${text}": the address`
    throw wrongUsage(`${what} has no user name, query or fragment`)
  }
  if (!hasScheme && loopback.test(url.hostname)) url.protocol = 'http:'
  return url.href.replace(/\/+$/, '').replace(/\/-\/log$/, '')
}

function wrongUsage(reason: string): SteleError {
  return new SteleError('usage_wrong', { reason, command: 'verify' })
}
