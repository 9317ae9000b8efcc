// What all pages share: one document each, no script, nothing fetched.
import { createHash } from 'node:crypto'

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
table{border-collapse:collapse;width:100%;font-size:.9375rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .8rem .45rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
th{color:var(--soft);font-weight:normal;border-top:0}
.calls{table-layout:fixed}.calls th:first-child{width:8.5rem}.calls th:nth-child(2){width:40%}
@media(max-width:36rem){.calls td{display:block;border:0;padding:.1rem 0}.calls td:first-child{border-top:1px solid var(--line);padding-top:.6rem}.calls th{display:none}}
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

/** A document with this title; `main` is HTML. */
export function formatPage({
  title,
  main,
}: {
  readonly title: string
  readonly main: string
}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`
}

/** The top of a page: the mark, a heading, and a line below it. */
export function formatHeader(heading: string, line: string): string {
  return `<header>
<svg viewBox="0 0 26 32" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" aria-hidden="true"><path d="M3 29V11a10 10 0 0 1 20 0v18"/><path d="M1 30.5h24M8.5 12h9M8.5 16.5h9M8.5 21h6"/></svg>
<div><h1>${escapeHtml(heading)}</h1><p>${escapeHtml(line)}</p></div>
</header>`
}

/** Text in HTML, also in attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
