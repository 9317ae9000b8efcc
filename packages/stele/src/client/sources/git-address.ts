// The address of a Git repository, as people write it, and which commit of it is meant.

/** A repository and what is wanted of it. */
export type GitAddress = {
  /** One way to write it, without what is wanted: `github:owner/repo`, `git+https://host/repo.git`. */
  readonly repository: string
  /** Where Git finds it, in the order in which they are tried. */
  readonly urls: readonly string[]
  /** A commit, branch or tag; empty for the default branch. */
  readonly committish: string
  /** Of its tags that are versions, the highest that fits. */
  readonly range: string | undefined
  /** The folder of the package within the repository. */
  readonly path: string
}

const hosts: { readonly [shortcut: string]: string } = {
  github: 'github.com',
  gitlab: 'gitlab.com',
  bitbucket: 'bitbucket.org',
  gist: 'gist.github.com',
}

/** The repository at this address; undefined of what is none that Git could be asked for. */
export function parseGitAddress(address: string, wanted: string): GitAddress | undefined {
  const repository = repositoryOf(address)
  return repository && { ...repository, ...parseWanted(wanted) }
}

/** The address of a commit, as a lock has it: what parseGitAddress() reads as the same again. */
export function commitAddress(
  { repository, path }: Pick<GitAddress, 'repository' | 'path'>,
  commit: string,
): string {
  const segments = path.split('/').map((each) => encodeURIComponent(each).replaceAll('%40', '@'))
  return `${repository}#${commit}${path === '' ? '' : `&path:${segments.join('/')}`}`
}

function repositoryOf(address: string): Pick<GitAddress, 'repository' | 'urls'> | undefined {
  const [, shortcut = 'github', path] =
    /^(?:(github|gitlab|bitbucket|gist):)?([\w.-]+(?:\/[\w.-]+)*)$/.exec(address) ?? []
  if (path !== undefined) return hosted(shortcut, path.replace(/\.git$/, ''))
  const [, user, host, rest] =
    /^(?:git\+ssh:\/\/)?([^@/\s:]+)@([^:/\s]+):(?!\d+\/)(.+)$/.exec(address) ?? []
  const plain = rest === undefined ? address : `ssh://${user}@${host}/${rest}`
  const url = URL.parse(plain.replace(/^git\+/, ''))
  if (url === null || !/^(?:https?|ssh|git|file):$/.test(url.protocol)) return undefined
  const known = knownHost(url)
  if (known !== undefined) return known
  return { repository: `git+${url.href}`, urls: [url.href] }
}

/** By https, as everybody may; where that is refused by ssh, as those with a key may. */
function hosted(
  shortcut: string,
  path: string,
): Pick<GitAddress, 'repository' | 'urls'> | undefined {
  const host = hosts[shortcut]
  const isWhole = shortcut === 'gist' || path.includes('/')
  if (host === undefined || !isWhole || path.split('/').includes('..')) return undefined
  return {
    repository: `${shortcut}:${path}`,
    urls: [`https://${host}/${path}.git`, `ssh://git@${host}/${path}.git`],
  }
}

/** Addresses of known hosts are written as their shortcut; one with a password in it stays as it is. */
function knownHost(url: URL): Pick<GitAddress, 'repository' | 'urls'> | undefined {
  const found = Object.entries(hosts).find(([, host]) => host === url.hostname)
  const isPlain = url.password === '' && (url.username === '' || url.username === 'git')
  if (found === undefined || !isPlain || url.port !== '') return undefined
  const path = url.pathname.replace(/^\/+|\/+$/g, '').replace(/\.git$/, '')
  const plain = hosted(found[0], path)
  if (plain === undefined || url.protocol !== 'ssh:') return plain
  return { ...plain, urls: plain.urls.toReversed() }
}

function parseWanted(wanted: string): Pick<GitAddress, 'committish' | 'range' | 'path'> {
  const found = { committish: '', range: undefined as string | undefined, path: '' }
  for (const part of wanted.split('&')) {
    const [, key = '', value = part] =
      /^(semver|path|commit|tag|head|branch)[:=](.*)$/.exec(part) ?? []
    const text = decoded(value)
    if (key === 'semver') found.range = text
    else if (key === 'path') found.path = text.replace(/^\/+|\/+$/g, '')
    else if (text !== '') found.committish = text
  }
  return found
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
