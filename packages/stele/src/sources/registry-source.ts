// Where a registry is: its address, or a folder with a copy of its log.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { nearest } from '@stele/settings'
import { logInFolder, type Source } from './source.ts'
import { typedPath, wrongUsage } from './typed-folder.ts'

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** An address, or a folder that is there (`file:` or a path). `command` is what it was typed after. Throws `usage_wrong`. */
export function parseSource(text: string, command: string): Source {
  const path = pathOf(text, command)
  if (path === undefined) return { kind: 'http', root: parseRegistryUrl(text, command) }
  const folder = resolve(path.replace(/\/-\/log\/*$/, ''))
  if (existsSync(join(folder, logInFolder))) return { kind: 'folder', path: folder }
  throw wrongUsage(noLog(text, folder), command)
}

/** The path that is meant, undefined for an address. Neither what is there nor what looks like a path is taken for a host. */
function pathOf(text: string, command: string): string | undefined {
  if (text.startsWith('file:')) return typedPath(text, command)
  return text !== '' && (!looksLikeAddress(text) || existsSync(text)) ? text : undefined
}

/** With a scheme, or beginning with what can be a host: with a dot or a port, or this machine. A folder that is there is not taken for a host. */
function looksLikeAddress(text: string): boolean {
  if (text.includes('://')) return true
  const host = text.replace(/[/?#].*$/s, '')
  return !/^[.~]|^$/.test(host) && (/[.:]/.test(host) || host === 'localhost') && !existsSync(host)
}

function noLog(text: string, folder: string): string {
  const what = 'a copy of the public folder of a registry, which holds -/log'
  if (!existsSync(folder)) return `There is no folder "${text}" here${hintOf(text, folder)}`
  if (!statSync(folder).isDirectory()) return `"${text}" is a file. Give ${what}`
  const inner = join(text, 'public')
  const isData = existsSync(join(inner, logInFolder))
  const instead = isData ? `. Its log is in "${inner}": give that` : `. Give ${what}`
  const isName = URL.canParse(`https://${text}`) && !/^[./~]|^file:/.test(text)
  const other = isName ? `, or https://${text} if a registry is meant` : ''
  return `The folder "${text}" holds no log${instead}${other}`
}

/** What may be meant by a folder that is not there: one that is nearly called so, or a host. */
function hintOf(text: string, folder: string): string {
  const near = nearestPath(folder)
  if (near !== undefined)
    return `; did you mean "${/^(?:[/~]|file:)/.test(text) ? near : relative('', near)}"?`
  const isHost = URL.canParse(`https://${text}`) && !/^[./~]|^file:/.test(text)
  return isHost ? `. If a registry is meant, give its whole address: https://${text}` : ''
}

/** The path with the first of its parts that is not there as it may have been meant, undefined where nothing is near. */
function nearestPath(path: string): string | undefined {
  const parts = path.split(sep)
  let at: string = sep
  for (const part of parts.filter((one) => one !== '')) {
    const next = join(at, part)
    if (existsSync(next)) at = next
    else {
      const { near } = nearest(part, foldersIn(at))
      if (near === undefined) return undefined
      at = join(at, near)
    }
  }
  return at
}

function foldersIn(path: string): readonly string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true })
    return entries.filter((entry) => !entry.isFile()).map(({ name }) => name)
  } catch {
    return [] // It cannot be read, or is a file: then nothing is near.
  }
}

/**
 * The registry's address without a slash at its end; without a scheme, `http` for this machine and `https` for others. `command`, and
 * `flag` with a space, are what it was typed after.
 */
export function parseRegistryUrl(text: string, command: string, flag = ''): string {
  const hasScheme = text.includes('://')
  const url = URL.parse(hasScheme ? text : `https://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const what = flag === '' ? 'the address of a registry' : 'the address of a server'
    throw wrongUsage(`${flag}"${text}" is not ${what}`, command)
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    const what = flag === '' ? 'The address of a registry' : `${flag}"${text}": the address`
    throw wrongUsage(`${what} has no user name, query or fragment`, command)
  }
  if (!hasScheme && loopback.test(url.hostname)) url.protocol = 'http:'
  return url.href.replace(/\/+$/, '').replace(/\/-\/log$/, '')
}
