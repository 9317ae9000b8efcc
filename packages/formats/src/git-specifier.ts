// Git specifiers of well-known hosts, written as npm writes them when it publishes: `user/repo` is `github:user/repo`.
// A record must come out the same from the package.json and from what npm sent, and npm rewrites only the latter.
import { maxGitSpecifierLength } from './limits.ts'

type Host = {
  readonly shortcut: string
  readonly domain: string
  readonly protocols: readonly string[]
  /** The parts of a URL's path that make it something else than a repository, by position from 0. */
  readonly foreign: (segments: readonly string[]) => boolean
}

type Repository = {
  readonly host: Host
  readonly path: string
  readonly auth: string
  readonly hash: string
}

const secure = ['git+ssh:', 'git+https:', 'ssh:', 'https:']
const hosts: readonly Host[] = [
  {
    shortcut: 'github',
    domain: 'github.com',
    protocols: [...secure, 'git:', 'http:'],
    foreign: (segments) => segments.length > 2 && segments[2] !== '' && segments[2] !== 'tree',
  },
  {
    shortcut: 'bitbucket',
    domain: 'bitbucket.org',
    protocols: secure,
    foreign: (segments) => segments[2] === 'get',
  },
  {
    shortcut: 'gitlab',
    domain: 'gitlab.com',
    protocols: secure,
    foreign: (segments) => segments.includes('-', 1) || segments.includes('archive.tar.gz', 1),
  },
  {
    shortcut: 'gist',
    domain: 'gist.github.com',
    protocols: [...secure, 'git:'],
    foreign: (segments) => segments[2] === 'raw',
  },
  {
    shortcut: 'sourcehut',
    domain: 'git.sr.ht',
    protocols: ['git+ssh:', 'https:'],
    foreign: (segments) => segments[2] === 'archive',
  },
]

const gitProtocols = new Set([...secure, 'git:', 'http:', 'git+http:'])

/** The specifier in npm's published form where it names a repository on a known git host, else as it is. */
export function normalizeGitSpecifier(specifier: string): string {
  if (!specifier.includes('/') && !specifier.includes(':')) return specifier
  if (specifier.length > maxGitSpecifierLength) return specifier
  const url = parseGitUrl(isShorthand(specifier) ? `github:${specifier}` : specifier)
  if (url === null) return specifier
  try {
    return fromShortcut(url) ?? fromAddress(url) ?? specifier
  } catch (error) {
    if (error instanceof URIError) return specifier // Broken percent-encoding: not ours to mend.
    throw error
  }
}

/** `user/repo`, perhaps with `#committish`: not a path, not a scoped name, not a URL. */
function isShorthand(text: string): boolean {
  const [before = ''] = text.split('#', 1)
  return text.indexOf('/') > 0 && !text.startsWith('.') && !/[\s@:]|\/.*\/|\/$/.test(before)
}

function parseGitUrl(text: string): URL | null {
  const address = withSlashes(text)
  return URL.parse(address) ?? URL.parse(fromScp(address))
}

/** `git:host:path` and the like get the `//` that URL parsing needs. */
function withSlashes(text: string): string {
  const colon = text.indexOf(':')
  const protocol = text.slice(0, colon + 1)
  if (isKnownProtocol(protocol) || text.startsWith('://', colon)) return text
  const at = text.indexOf('@')
  if (at > colon) return `git+ssh://${text}`
  return at >= 0 ? text : `${protocol}//${text.slice(colon + 1)}`
}

function isKnownProtocol(protocol: string): boolean {
  return gitProtocols.has(protocol) || hosts.some((host) => `${host.shortcut}:` === protocol)
}

/** `git@host:user/repo#v1` becomes `git+ssh://git@host/user/repo#v1`; what follows the hash stays. */
function fromScp(text: string): string {
  const hash = text.includes('#') ? text.indexOf('#') : text.length
  let address = text.slice(0, hash)
  const colon = address.lastIndexOf(':')
  if (colon > address.lastIndexOf('@')) {
    address = `${address.slice(0, colon)}/${address.slice(colon + 1)}`
  }
  if (!address.includes(':') && !text.includes('//')) address = `git+ssh://${address}`
  return address + text.slice(hash)
}

function fromShortcut(url: URL): string | undefined {
  const host = hosts.find((candidate) => `${candidate.shortcut}:` === url.protocol)
  if (host === undefined) return undefined
  const path = url.pathname.replace(/^\//, '').replace(/^[^@]*@/s, '')
  const slash = path.lastIndexOf('/')
  const user = decodeURIComponent(path.slice(0, Math.max(slash, 0)))
  const project = decodeURIComponent(path.slice(slash + 1)).replace(/\.git$/, '')
  // npm writes "null" for a user that is not there; the specifier leads nowhere either way.
  const named = host.shortcut === 'gist' ? project : `${user === '' ? 'null' : user}/${project}`
  return `${host.shortcut}:${named}${hashOf(url.hash.slice(1))}`
}

function fromAddress(url: URL): string | undefined {
  const domain = url.hostname.replace(/^www\./, '')
  const host = hosts.find((candidate) => candidate.domain === domain)
  if (!host?.protocols.includes(url.protocol)) return undefined
  const segments = url.pathname.slice(1).split('/')
  if (host.foreign(segments)) return undefined
  const path = repositoryPath(host, segments)
  if (path === undefined) return undefined
  const committish = host.shortcut === 'github' && segments[2] ? segments[3] : url.hash.slice(1)
  const password = url.password === '' ? '' : `:${url.password}`
  const auth = url.username + password === '' ? '' : `${url.username}${password}@`
  return write({ host, path, auth, hash: hashOf(committish ?? 'undefined') }, url.protocol)
}

function repositoryPath(host: Host, segments: readonly string[]): string | undefined {
  const nested = host.shortcut === 'gitlab'
  let user = nested ? segments.slice(0, -1).join('/') : (segments[0] ?? '')
  let project = (nested ? segments.at(-1) : segments[1]) ?? ''
  if (host.shortcut === 'gist' && project === '') {
    project = user
    user = ''
  }
  project = project.replace(/\.git$/, '')
  if (host.shortcut === 'gist') return project === '' ? undefined : decodeURIComponent(project)
  if (user === '' || project === '') return undefined
  return `${decodeURIComponent(user)}/${decodeURIComponent(project)}`
}

/** Each protocol in the one form that npm gives it; plain http, which nobody should use, becomes ssh there too. */
function write({ host, path, auth, hash }: Repository, protocol: string): string {
  const { domain } = host
  if (protocol === 'https:' && host.shortcut === 'sourcehut')
    return `https://${domain}/${path}${hash}`
  if (protocol === 'https:' || protocol === 'git+https:') {
    return `git+https://${host.shortcut === 'gist' ? '' : auth}${domain}/${path}.git${hash}`
  }
  if (protocol === 'git:') {
    return `git://${host.shortcut === 'gist' ? '' : auth}${domain}/${path}.git${hash}`
  }
  return `git+ssh://git@${domain}/${path}.git${hash}`
}

function hashOf(committish: string): string {
  return committish === '' ? '' : `#${decodeURIComponent(committish)}`
}
