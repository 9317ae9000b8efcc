// The page of the JS Registry itself. One document: no script, nothing fetched.
import { escapeHtml, formatHeader, formatPage } from '../web/page.ts'

/** What the page tells. */
type JsRegistryHome = {
  /** The JS Registry's address, without a slash at its end. */
  readonly home: string
  /** npm can install from it. */
  readonly hasDistributions: boolean
  /** Packages that were published here, or located. */
  readonly total: number
  /** What their names begin with: letters and scopes. */
  readonly beginnings: readonly string[]
}

/** The document. */
export function formatHome({ home, hasDistributions, total, beginnings }: JsRegistryHome): string {
  const url = escapeHtml(home)
  const links = beginnings.map((beginning) => {
    const query = new URLSearchParams({ filter: `name like "${beginning}*"` })
    return `<a href="${url}/packs?${escapeHtml(query.toString())}">${escapeHtml(beginning)}</a>`
  })
  const counted = `${total} ${total === 1 ? 'package' : 'packages'}`
  const main = `${formatHeader('JS Registry', home.replace(/^https?:\/\//, ''))}
<p>What is published to this registry, or found by its scanners, as a tree of CommonJS packages: programs come from <a href="${url}/root">its root</a> to every version, and to every file, by addresses alone.</p>

<h2>Look through it</h2>
<p>${counted}${total === 0 ? '' : `: <a href="${url}/packs">all versions</a>, or by name: ${links.join(' ')}`}.</p>
${installText(url, hasDistributions)}
<h2>Upload an archive</h2>
<p>A zip or a JAR with packages in it, or with bundles of map.apps. Each becomes a release like any other.</p>
<pre><code>curl -u &lt;account&gt; -F file=@maps.zip ${url}/upload</code></pre>
<footer><a href="${escapeHtml(home.replace(/\/resources\/jsregistry$/, ''))}/">This registry</a></footer>`
  return formatPage({ title: 'JS Registry', main })
}

function installText(url: string, hasDistributions: boolean): string {
  if (!hasDistributions) {
    return '<p class="soft">There are no tarballs and zips here, so that npm cannot install from this address: the operator turned them off.</p>\n'
  }
  return `
<h2>Install a package</h2>
<pre><code>npm install &lt;package&gt; --registry ${url}/root</code></pre>
`
}
