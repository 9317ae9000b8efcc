// Peers that do not fit, for a person: who wants what, and the ways out, each as it is typed.
import { escapeLine } from '@stele/errors'
import type { PeerMismatch } from '@stele/resolve'

/**
 * A line for each, and below the first of each peer what can be done about it. Of those that were so before, only how many they are: what
 * changed is told by its names, all where these are absent.
 */
export function formatMismatches(
  mismatches: readonly PeerMismatch[],
  changed?: ReadonlySet<string>,
): readonly string[] {
  const isNew = ({ by, name }: PeerMismatch): boolean =>
    changed === undefined || changed.has(name) || changed.has(nameIn(by))
  const own = mismatches.filter(isNew)
  const old = mismatches.length - own.length
  const byPeer = Map.groupBy(own, ({ name }) => name)
  return [...[...byPeer.values()].flatMap(toldOf), ...(old === 0 ? [] : [oldLine(old)])]
}

function oldLine(count: number): string {
  const what = count === 1 ? '1 peer that does' : `${count} peers that do`
  return `As before there ${count === 1 ? 'is' : 'are'} ${what} not fit: "stele dedupe --dry-run" tells of all`
}

function toldOf(own: readonly PeerMismatch[]): readonly string[] {
  return [
    ...new Set(
      own.map(({ by, name, wanted, found }) =>
        escapeLine(`${by} wants the peer ${name}@${wanted}, and finds ${versionedIn(found)}`),
      ),
    ),
    ...own.slice(0, 1).flatMap(waysOut),
  ]
}

function waysOut({ by, name, wanted, found }: PeerMismatch): readonly string[] {
  const wanting = nameIn(by)
  const newest = wanted.split('||').at(-1)?.trim() ?? wanted // Any of them will do; this is mostly the newest.
  const version = versionedIn(found).slice(name.length + 1)
  const override = JSON.stringify({ overrides: { [wanting]: { [name]: version } } }).slice(1, -1)
  const isPlain = plain.test(wanting) && plain.test(name)
  const isFolder = found.startsWith('link:')
  const ways = [
    ...(isPlain ? [[`stele update ${wanting}`, 'where a newer one takes what is there']] : []),
    ...(isPlain && plain.test(newest) ? [[adding(`${name}@${newest}`), 'for what it wants']] : []),
    ...(isFolder ? [] : [[override, 'in package.json, where it works all the same']]),
  ]
  const width = Math.max(...ways.map(([typed = '']) => typed.length))
  return ways.map(([typed = '', when = '']) => escapeLine(`    ${typed.padEnd(width)}  ${when}`))
}

function nameIn(id: string): string {
  return id.slice(0, id.indexOf('@', 1))
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
