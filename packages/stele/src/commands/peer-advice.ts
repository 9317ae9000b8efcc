// Peers that do not fit, for a person: who wants what, and the ways out, each as it is typed.
import { escapeLine } from '@stele/errors'
import type { PeerMismatch } from '@stele/resolve'

/** A line for each, and below the first of each peer what can be done about it. */
export function formatMismatches(mismatches: readonly PeerMismatch[]): readonly string[] {
  const byPeer = Map.groupBy(mismatches, ({ name }) => name)
  return [...byPeer.values()].flatMap((own) => [
    ...new Set(
      own.map(({ by, name, wanted, found }) =>
        escapeLine(`${by} wants the peer ${name}@${wanted}, and finds ${versionedIn(found)}`),
      ),
    ),
    ...own.slice(0, 1).flatMap(waysOut),
  ])
}

function waysOut({ by, name, wanted, found }: PeerMismatch): readonly string[] {
  const wanting = by.slice(0, by.indexOf('@', 1))
  const version = versionedIn(found).slice(name.length + 1)
  const override = JSON.stringify({ overrides: { [wanting]: { [name]: version } } }).slice(1, -1)
  const isPlain = plain.test(wanting) && plain.test(name)
  const isFolder = found.startsWith('link:')
  const ways = [
    ...(isPlain ? [[`stele update ${wanting}`, 'where a newer one takes what is there']] : []),
    ...(isPlain && plain.test(wanted) ? [[adding(`${name}@${wanted}`), 'for what it wants']] : []),
    ...(isFolder ? [] : [[override, 'in package.json, where it works all the same']]),
  ]
  const width = Math.max(...ways.map(([typed = '']) => typed.length))
  return ways.map(([typed = '', when = '']) => escapeLine(`    ${typed.padEnd(width)}  ${when}`))
}

/** `name@version` of the key of an instance, without its surroundings. */
function versionedIn(key: string): string {
  return key.split('(', 1)[0] ?? key
}

/** What a stranger wrote is no part of a command unless it is this plain: somebody may run it. */
const plain = /^[\w@/.^~<>=|*+ -]+$/

function adding(spec: string): string {
  return `stele add ${/^[\w@/.^~+-]+$/.test(spec) ? spec : `'${spec}'`}`
}
