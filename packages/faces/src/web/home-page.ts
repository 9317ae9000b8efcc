// The page at /: what this registry is and the commands for its address. One document: no script, nothing fetched.
import { createHash } from 'node:crypto'

/** What the page tells. */
export type HomePage = {
  /** The registry's address, without a slash at its end. */
  readonly baseUrl: string
  readonly mayVisitorSignUp: boolean
  readonly origin: string
  readonly entries: number
  /** The log's key. */
  readonly vkey: string
}

const style = `
:root{color-scheme:light dark;--ink:#1d2023;--soft:#5c646b;--paper:#f7f5f0;--card:#fff;--line:#e2ddd2;--mark:#8a5a2b}
@media(prefers-color-scheme:dark){:root{--ink:#e9e6df;--soft:#a09c93;--paper:#17181a;--card:#1f2124;--line:#33353a;--mark:#d8a66a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif}
main{max-width:46rem;margin:0 auto;padding:3.5rem 1.25rem 3rem}
header{display:flex;gap:1.1rem;align-items:center;margin-bottom:1.6rem}
header svg{flex:none;width:2.6rem;height:3.2rem;color:var(--mark)}
h1{font:600 1.75rem/1.2 Georgia,'Times New Roman',serif;margin:0;overflow-wrap:anywhere}
header p{margin:.15rem 0 0;color:var(--soft)}
h2{font-size:1.0625rem;margin:2.2rem 0 .4rem}
p{margin:.4rem 0}
pre{margin:.6rem 0;padding:.8rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem;overflow-x:auto;font:.875rem/1.65 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875em}
pre code{font-size:1em}
.soft,footer{color:var(--soft);font-size:.9375rem}
footer{margin-top:2.8rem;padding-top:1.2rem;border-top:1px solid var(--line)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;color:var(--ink)}
a{color:var(--mark)}
`

/** The icon, as SVG. */
export const iconSvg: string =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 26 32"><path fill="#8a5a2b" d="M3 29V11a10 10 0 0 1 20 0v18z"/></svg>'

const icon = `data:image/svg+xml,${encodeURIComponent(iconSvg)}`

/** What the page may do: show itself, and no more. */
export const pagePolicy: string = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The document. */
export function formatHomePage(page: HomePage): string {
  const url = escapeHtml(page.baseUrl)
  const address = escapeHtml(page.baseUrl.replace(/^https?:\/\//, ''))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${address} · package registry</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<main>
<header>
<svg viewBox="0 0 26 32" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" aria-hidden="true"><path d="M3 29V11a10 10 0 0 1 20 0v18"/><path d="M1 30.5h24M8.5 12h9M8.5 16.5h9M8.5 21h6"/></svg>
<div><h1>${address}</h1><p>A JavaScript package registry, run with Stele</p></div>
</header>
<p>npm publishes to this registry and installs from it as usual. Every change is an entry in a public log that only grows, and anyone can replay that log to check that the registry kept to its own rules.</p>

<h2>Install a package</h2>
${commands(`npm install &lt;package&gt; --registry ${url}`)}
<p>To use this registry for one scope only, and your usual one for everything else, add a line to <code>.npmrc</code>:</p>
${commands(`@team:registry=${url}/`)}
<p class="soft">This registry serves what was published here. It does not pass on packages from other registries.</p>

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
</dl>
</footer>
</main>
</body>
</html>
`
}

function signUpText({ mayVisitorSignUp }: HomePage): string {
  return mayVisitorSignUp
    ? 'Log in first. You need no account beforehand: a name that is free becomes yours.'
    : 'Log in first. Accounts are made by the operator of this registry: ask for one.'
}

function commands(...lines: readonly string[]): string {
  return `<pre><code>${lines.join('\n')}</code></pre>`
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
