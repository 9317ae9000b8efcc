// Errors of the client: specifiers, resolving, lock files, the store, what lies in node_modules.
import type { Catalogue } from './entry.ts'

/** Who asked, from a package.json of the project to the package that has the dependency; empty while nobody knows. `asked` is the
 *  place in that package.json, with line and column. */
type Asked = { readonly chain: readonly string[]; readonly asked?: string }

export type InstallDetails = {
  specifier_invalid: Asked & {
    readonly name: string
    readonly specifier: string
    readonly reason: string
  }
  package_absent: Asked & { readonly name: string; readonly registry: string }
  version_absent: Asked & {
    readonly name: string
    readonly wanted: string
    readonly latest?: string
    readonly nearest: readonly string[]
    /** Where no range was wanted, so that it must be one of these: tags, each with its version. */
    readonly tags?: readonly string[]
  }
  /** Versions that would fit, each with the reason why it is not chosen. */
  version_refused: Asked & {
    readonly name: string
    readonly wanted: string
    readonly refused: readonly { readonly version: string; readonly reason: string }[]
  }
  /** A dependency of a dependency that is no registry's. */
  source_refused: Asked & { readonly name: string; readonly specifier: string }
  /** A folder, tarball or repository that cannot be had or is no package. */
  source_unusable: Asked & {
    readonly specifier: string
    readonly reason: string
  }
  /** `found` is the version that the workspace has. */
  workspace_absent: Asked & {
    readonly name: string
    readonly wanted: string
    readonly found?: string
  }
  workspace_duplicate: { readonly name: string; readonly folders: readonly string[] }
  override_invalid: { readonly key: string; readonly reason: string }
  /** `of`: what there are more of, folders for packages and their peers where it is absent. */
  graph_too_large: { readonly limit: number; readonly of?: string }
  /** `isMendable`: an installation that is not frozen mends it. */
  lock_invalid: { readonly path: string; readonly reason: string; readonly isMendable?: true }
  /** `drift`: what differs, as the lines of a diff. */
  lock_outdated: { readonly path: string; readonly drift: readonly string[] }
  lock_absent: { readonly path: string }
  /** What wants another Node, a line each; `node` is its version. */
  engines_unmet: { readonly node: string; readonly unmet: readonly string[] }
  /** Peers that do not fit, a line or more each. */
  peers_unmet: { readonly unmet: readonly string[] }
  /** A line of a lock that no installation writes: `line` is its package. */
  lock_refused: { readonly path: string; readonly line: string; readonly reason: string }
  /** A dependency that is to be removed or updated, and is none. */
  dependency_absent: {
    readonly name: string
    readonly where: string
    /** What depends on it all the same, or is called almost so. */
    readonly near?: string
    readonly by?: readonly string[]
  }
  tarball_unusable: { readonly spec: string; readonly reason: string }
  store_refused: { readonly folder: string; readonly reason: string }
  /** With the place where its JSON is broken, or the member stands that is wrong. */
  manifest_unreadable: {
    readonly path: string
    readonly reason: string
    /** The names that lead to what is wrong. */
    readonly members?: readonly string[]
    /** There is no such file. */
    readonly isAbsent?: true
    readonly line?: number
    readonly column?: number
  }
  /** A program that would be put in a shared folder, where somebody else has the name. */
  bin_taken: { readonly path: string; readonly name: string }
  /** A script of a package. `output`: the last lines that it printed, where they were not shown. */
  script_failed: {
    readonly name: string
    readonly event: string
    readonly script: string
    readonly code: number
    readonly signal?: string
    readonly output: readonly string[]
  }
  patch_failed: { readonly path: string; readonly name: string; readonly reason: string }
  /** Another process has its turn. */
  hold_taken: {
    readonly what: string
    readonly path: string
    readonly owner: string
    readonly seconds: number
  }
  /** The registry, or a mirror of it, answered something that is no package's data. */
  npm_setting_invalid: { readonly name: string; readonly value: string; readonly reason: string }
  /** mnpm's: nobody of `tried` gave the right bytes. */
  mirrors_failed: {
    readonly spec: string
    readonly tried: readonly { readonly mirror: string; readonly reason: string }[]
  }
  registry_answer: { readonly url: string; readonly reason: string }
  /** `isUntrusted`: its certificate is the reason. */
  registry_unreachable: {
    readonly url: string
    readonly reason: string
    readonly tries: number
    readonly isUntrusted?: boolean
  }
  /** Packages and addresses that only a registry has, while none may be asked. */
  offline_absent: { readonly missing: readonly string[] }
  /** `sent`: whether a token went with the request. */
  /** `withheld`: there is a token, and it is not sent over plain http, or by a way that the project chose. */
  registry_denied: {
    readonly url: string
    readonly status: number
    readonly sent: boolean
    readonly withheld?: 'plain' | 'steered'
  }
  integrity_mismatch: {
    readonly spec: string
    readonly url: string
    readonly wanted: string
    readonly found: string
  }
}

const whyNoToken = {
  none: '.npmrc has none for it',
  plain: 'yours is not sent over plain http',
  steered: "yours is not sent by the way that the project's .npmrc chose",
} as const

export const installErrors: Catalogue<InstallDetails> = {
  specifier_invalid: {
    status: 422,
    message: (d) => `"${d.name}": "${d.specifier}" cannot be installed: ${d.reason}${wayTo(d)}`,
    fix: () =>
      'Write a version, a range such as "^1.2.0", a tag, or an address such as "github:owner/repository"',
  },
  package_absent: {
    status: 404,
    message: (d) => `There is no package "${d.name}" at ${d.registry}${wayTo(d)}`,
    fix: (d) =>
      d.name.startsWith('@')
        ? 'Check the spelling; a private package needs its registry and a token in .npmrc'
        : 'Check the spelling',
  },
  version_absent: {
    status: 404,
    message: (d) =>
      `No version of "${d.name}" is ${described(d.wanted)}${wayTo(d)}; ${available(d)}`,
    fix: (d) =>
      d.chain.length > 1 ? `Run "stele why ${String(d.chain[1])}"` : 'Ask for one of these',
  },
  version_refused: {
    status: 422,
    message: (d) =>
      `No version of "${d.name}" that is ${described(d.wanted)} may be chosen${wayTo(d)}: ${d.refused.map(({ version, reason }) => `${version} ${reason}`).join('; ')}`,
    fix: (d) => {
      const first = d.refused[0]?.version
      const isOwn = d.chain.length < 2 && first !== undefined
      const byNumber = isOwn ? `, ask for one by its number ("stele add ${d.name}@${first}")` : ''
      return `Wait${byNumber}, or add "${d.name}" to "minimumReleaseAgeExclude" or "trustPolicyExclude" below "stele" in package.json`
    },
  },
  source_refused: {
    status: 422,
    message: (d) =>
      `"${d.name}": "${d.specifier}" does not come from a registry${wayTo(d)}: only your own package.json may name such a source`,
    fix: (d) =>
      `If you trust it, add "${askerOf(d)}" to "exoticDependencies" below "stele" in package.json, or override it`,
  },
  source_unusable: {
    status: 422,
    message: (d) => `Cannot install "${d.specifier}"${wayTo(d)}: ${d.reason}`,
  },
  workspace_absent: {
    status: 422,
    message: (d) =>
      d.found === undefined
        ? `There is no package "${d.name}" in this workspace${wayTo(d)}`
        : `The workspace has "${d.name}" in version ${d.found}, which is not "${d.wanted}"${wayTo(d)}`,
    fix: (d) =>
      d.found === undefined
        ? 'Check the name, and that "workspaces" covers its folder'
        : 'Write "workspace:^", or change the version of the package',
  },
  workspace_duplicate: {
    status: 422,
    message: (d) =>
      `Packages of this workspace have the same name "${d.name}": ${d.folders.join(', ')}`,
    fix: () => 'Rename one, or exclude its folder in "workspaces" with a "!" before it',
  },
  override_invalid: {
    status: 422,
    message: (d) => `Cannot use the override "${d.key}": ${d.reason}`,
    fix: () => 'Write "name", "name@range" or "parent>name", and a version or range for it',
  },
  graph_too_large: {
    status: 422,
    message: (d) =>
      d.of === undefined
        ? `The dependencies and their peers would need more than ${d.limit} folders: packages that take each other as peers in many ways`
        : `The dependencies are too many: more than ${d.limit} ${d.of}`,
  },
  npm_setting_invalid: {
    status: 422,
    message: (d) => `Cannot use the setting "${d.name}", which is "${d.value}": ${d.reason}`,
    fix: (d) =>
      `Set "${d.name}" right in .npmrc or the environment; "stele config list" shows where it comes from`,
  },
  mirrors_failed: {
    status: 424,
    message: (d) =>
      d.tried.length === 0
        ? `Cannot fetch "${d.spec}": the registry names no mirror`
        : `Cannot fetch "${d.spec}": no mirror gave its tarball`,
    lines: (d) => d.tried.map(({ mirror, reason }) => `  ${mirror}: ${reason}`),
    fix: () => 'Run the same again when a mirror has it, or ask who runs the registry for one',
  },
  registry_answer: {
    status: 502,
    message: (d) => `Cannot use what ${d.url} answered: ${d.reason}`,
    fix: () => 'Check "registry" in .npmrc, and that no proxy or log-in page stands in between',
  },
  registry_unreachable: {
    status: 503,
    message: (d) =>
      `Cannot reach ${d.url}: ${d.reason} (${d.tries} ${d.tries === 1 ? 'try' : 'tries'})`,
    fix: (d) =>
      d.isUntrusted === true
        ? 'If your network has an authority of its own, name its file: "cafile" in .npmrc, or NODE_EXTRA_CA_CERTS'
        : 'Check the network, "registry" and "proxy" in .npmrc, then install again: what was fetched is kept',
  },
  offline_absent: {
    status: 503,
    message: (d) =>
      `Cannot install offline: ${d.missing.slice(0, 10).join(', ')}${d.missing.length > 10 ? ` and ${d.missing.length - 10} more` : ''} ${d.missing.length === 1 ? 'is' : 'are'} not kept on this machine`,
    fix: () =>
      'Run the command once without --offline; --prefer-offline asks registries only for what is missing',
  },
  registry_denied: {
    status: 401,
    message: (d) =>
      d.sent
        ? `${d.url} refused the token that .npmrc has for it (${d.status})`
        : `${d.url} wants a token (${d.status}), and ${whyNoToken[d.withheld ?? 'none']}`,
    fix: (d) => {
      const { host, href } = new URL('/', d.url)
      if (d.withheld === 'plain')
        return `Use an address that begins with https:, or allow it in your own ~/.npmrc: //${host}/:allow-http=true`
      if (d.withheld === 'steered')
        return "Move what the project's .npmrc says of proxies and authorities into your own ~/.npmrc"
      return `Run "npm login --registry ${href}"`
    },
  },
  integrity_mismatch: {
    status: 403,
    message: (d) => `Cannot install ${d.spec}: ${d.url} sent ${d.found}, wanted is ${d.wanted}`,
    fix: () =>
      'Do not go on before you know why: a damaged mirror or cache, or somebody changed the tarball',
  },
  tarball_unusable: {
    status: 422,
    message: (d) => `Cannot install ${d.spec}: ${d.reason}`,
    fix: (d) => `Tell whoever publishes ${d.spec}; until then ask for another version`,
  },
  store_refused: {
    status: 500,
    message: (d) => `Cannot unpack into the store, "${d.folder}": ${d.reason}`,
    fix: () => 'Make room there, or let XDG_DATA_HOME name a folder that you can write',
  },
  lock_outdated: {
    status: 422,
    message: (d) =>
      `"${d.path}" does not have what package.json wants (- is the lock, + is package.json):`,
    lines: (d) => d.drift,
    fix: () => 'Run "stele install", and commit stele.lock with package.json',
  },
  lock_refused: {
    status: 422,
    message: (d) => `The line of "${d.line}" in "${d.path}" is not to be trusted: ${d.reason}`,
    fix: () => 'Find out who wrote it; without stele.lock "stele install" resolves everything anew',
  },
  lock_absent: {
    status: 422,
    message: (d) => `There is no "${d.path}"`,
    fix: () => 'Run "stele install" (in CI with --no-frozen), and commit stele.lock',
  },
  engines_unmet: {
    status: 422,
    message: (d) => `Node ${d.node} is not what everything here runs on, and engine-strict is set:`,
    lines: (d) => d.unmet,
    fix: () =>
      'Use a Node that they name, or packages that run on this one; --no-engine-strict only tells of them',
  },
  peers_unmet: {
    status: 422,
    message: () => 'There are peers that do not fit, and strict-peer-deps is set:',
    lines: (d) => d.unmet,
    fix: () => 'Take one of the ways that are named; --no-strict-peer-deps only tells of them',
  },
  dependency_absent: {
    status: 404,
    message: (d) =>
      d.by === undefined
        ? `"${d.name}" is not in ${d.where}`
        : `"${d.name}" is not in ${d.where}: it is there for ${d.by.join(', ')}`,
    fix: (d) =>
      d.near === undefined
        ? `Run "stele ${d.by === undefined ? 'ls' : `why ${d.name}`}"`
        : `Did you mean "${d.near}"?`,
  },
  bin_taken: {
    status: 409,
    message: (d) => `Cannot install the program "${d.name}": "${d.path}" is there, and not Stele's`,
    fix: () => 'Remove that file if nobody needs it, then install again',
  },
  script_failed: {
    status: 500,
    message: (d) =>
      `"${d.event}" of ${d.name} ${d.signal === undefined ? `failed with ${d.code}` : `was ended by ${d.signal}`}: ${d.script}`,
    lines: (d) => d.output.filter((line) => line !== '').map((line) => `  ${line}`),
    fix: () => 'Mend what it complains of; --ignore-scripts installs without running scripts',
  },
  patch_failed: {
    status: 422,
    message: (d) => `Cannot apply the patch "${d.path}" to ${d.name}: ${d.reason}`,
    fix: () => 'Make the patch anew for this version, or take it out of "patchedDependencies"',
  },
  hold_taken: {
    status: 409,
    message: (d) => `Waited ${d.seconds} s: ${d.owner} is still using ${d.what}`,
    fix: (d) => `Wait for it, or end it, then run the command again; "${d.path}" is what it holds`,
  },
  manifest_unreadable: {
    status: 422,
    message: (d) =>
      d.isAbsent === true
        ? `There is no "${d.path}"`
        : d.line === undefined
          ? `Cannot read "${d.path}": ${d.reason}`
          : `Cannot read ${d.path}:${d.line}:${d.column}: ${d.reason}`,
    fix: (d) =>
      d.isAbsent === true
        ? 'Go to the folder of a project, or run "stele init" to begin one'
        : undefined,
  },
  lock_invalid: {
    status: 422,
    message: (d) => `Cannot read the lock file "${d.path}": ${d.reason}`,
    fix: (d) =>
      d.isMendable === true
        ? 'Run "stele install": it mends the lock, and says what it chose'
        : 'Take it from version control again, or delete it to resolve everything anew',
  },
}

/** `, which express@5.1.0 wants, by body-parser@2.0.0`: the nearest first. */
function wayTo({ chain, asked }: Asked): string {
  const [folder, ...packages] = chain
  if (folder === undefined) return ''
  const where = asked ?? (folder === '.' ? 'package.json' : `${folder}/package.json`)
  return `, wanted by ${[...packages.toReversed(), where].join(', which is wanted by ')}`
}

/** The package that has the dependency, without its version. */
function askerOf({ chain }: Asked): string {
  const by = chain.at(-1) ?? ''
  return by.slice(0, by.indexOf('@', 1))
}

function described(wanted: string): string {
  return /^[\w.-]+$/.test(wanted) && !/^[\dvx]/i.test(wanted) ? `tagged "${wanted}"` : `"${wanted}"`
}

function available(details: InstallDetails['version_absent']): string {
  const { latest, nearest, tags = [] } = details
  if (tags.length > 0) return `its tags are ${tags.join(', ')}`
  const newest = latest === undefined ? '' : `; the latest is ${latest}`
  return nearest.length === 0 ? 'it has no versions' : `there are ${nearest.join(', ')}${newest}`
}
