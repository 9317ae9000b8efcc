// The page at /: what this registry is and the commands for its address. One document: no script, nothing fetched.
import type { ChangedPart } from '@stele/registry/reading'
import { escapeHtml, formatHeader, formatPage } from './page.ts'

/** What the page tells. */
export type HomePage = {
  /** The registry's address, without a slash at its end. */
  readonly baseUrl: string
  readonly mayVisitorSignUp: boolean
  readonly origin: string
  readonly entries: number
  /** The log's key. */
  readonly vkey: string
  /** Other registries that are asked for what is not here. */
  readonly upstreams: readonly string[]
  /** Some of their versions are kept from clients. */
  readonly isHoldingBack: boolean
  /** How often one of them showed another tarball, or another record, of a version than it did at first. */
  readonly conflicts: { readonly [P in ChangedPart]: number }
}

/** The document. */
export function formatHomePage(page: HomePage): string {
  const url = escapeHtml(page.baseUrl)
  const main = `${formatHeader(page.baseUrl.replace(/^https?:\/\//, ''), 'A JavaScript package registry, run with Stele')}
<p>npm publishes to this registry and installs from it as usual. Every change is an entry in a public log that only grows, and anyone can replay that log to check that the registry kept to its own rules.</p>

<h2>Install a package</h2>
${commands(`npm install &lt;package&gt; --registry ${url}`)}
<p>To use this registry for one scope only, and your usual one for everything else, add a line to <code>.npmrc</code>:</p>
${commands(`@team:registry=${url}/`)}
${upstreamText(page)}

<h2>Publish a package</h2>
<p>${signUpText(page)}</p>
${commands(`npm login --registry ${url}`, `npm publish --registry ${url}`)}

<h2>Check this registry</h2>
<p>This replays the whole log and compares it with everything that is served here. The command is part of Stele: run it in a clone of Stele's source, after <code>npm ci</code>, or where Stele's built package is installed. Anywhere else, npm would fetch and run whatever package it finds under that name.</p>
${commands(`npx stele verify ${url}`)}
<p>So that nobody can show you another log in place of this one, ask the operator for its key in some other way than through this page, and pass that one. This page says it is:</p>
${commands(`npx stele verify ${url} --key '${escapeHtml(page.vkey)}'`)}

<footer>
<dl>
<dt>Log</dt><dd>${escapeHtml(page.origin)}, ${page.entries} ${page.entries === 1 ? 'entry' : 'entries'}, <a href="${url}/-/log/checkpoint">newest checkpoint</a></dd>
<dt>Key</dt><dd><code>${escapeHtml(page.vkey)}</code></dd>
<dt>Packages</dt><dd><a href="${url}/resources/jsregistry">to look through, and as a CommonJS tree</a></dd>
</dl>
</footer>`
  return formatPage({
    title: `${page.baseUrl.replace(/^https?:\/\//, '')} · package registry`,
    main,
  })
}

function upstreamText({ upstreams, conflicts, isHoldingBack, baseUrl }: HomePage): string {
  if (upstreams.length === 0) {
    return '<p class="soft">This registry serves what was published here. It does not pass on packages from other registries.</p>'
  }
  const names = upstreams.map((id) => `<b>${escapeHtml(id)}</b>`).join(', ')
  return `<p class="soft">What was not published here comes from other registries: ${names}. The first time that a version is seen, its hash and its dependencies go into the log, and from then on nobody gets anything else under that number. ${refusedText(conflicts, escapeHtml(baseUrl))}${isHoldingBack ? heldBackText(escapeHtml(baseUrl)) : ''}</p>`
}

function heldBackText(url: string): string {
  return ` Some of their versions are <a href="${url}/-/stele/upstreams">held back</a> by the operator.`
}

function refusedText({ tarball, record }: HomePage['conflicts'], url: string): string {
  if (tarball + record === 0) return 'None of these was changed so far.'
  const counted = [
    ...(tarball === 0 ? [] : [`${tarball} changed ${tarball === 1 ? 'tarball' : 'tarballs'}`]),
    ...(record === 0
      ? []
      : [`${record} changed ${record === 1 ? 'list' : 'lists'} of dependencies or the like`]),
  ]
  const were = tarball + record === 1 ? 'was' : 'were'
  return `<a href="${url}/-/stele/conflicts">${counted.join(' and ')} ${were} refused.</a>`
}

function signUpText({ mayVisitorSignUp }: HomePage): string {
  return mayVisitorSignUp
    ? 'Log in first. You need no account beforehand: a name that is free becomes yours.'
    : 'Log in first. Accounts are made by the operator of this registry: ask for one.'
}

function commands(...lines: readonly string[]): string {
  return `<pre><code>${lines.join('\n')}</code></pre>`
}
