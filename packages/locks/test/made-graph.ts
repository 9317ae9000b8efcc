// Graphs of small packages, resolved as a project's are.
import { type Locked, type ResolvePorts, resolve, type WantedImporter } from '@stele/resolve'
import type { EdgeKind, Graph, Release } from '@stele/resolve/graph'

type MadeRelease = Omit<Partial<Release>, 'name' | 'version' | 'dist'>

/** Packages by name, versions by number; the last one is the latest. */
export type MadeRegistry = { readonly [name: string]: { readonly [version: string]: MadeRelease } }

/** A made hash: `sha512-` and what it is of, without what no hash holds. */
export function integrityOf(name: string, version: string): string {
  return `sha512-${name.replaceAll('@', '')}-${version.replaceAll('.', '_')}`
}

/** Answers from these packages; `asked` hears of each that is asked for. */
function portsOf(made: MadeRegistry, asked: string[] = []): ResolvePorts {
  return {
    packument: async (name) => {
      asked.push(name)
      const versions = Object.entries(made[name] ?? {}).map(([version, release]) => [
        version,
        {
          ...release,
          name,
          version,
          dist: { tarball: '', integrity: integrityOf(name, version) },
        },
      ])
      const latest = Object.keys(made[name] ?? {}).at(-1) ?? ''
      return { name, 'dist-tags': { latest }, versions: Object.fromEntries(versions) }
    },
    other: () => Promise.reject(new Error('Nothing else is known')),
  }
}

/** A package.json with these dependencies. */
export function wanting(
  dependencies: { readonly [name: string]: string },
  { folder = '.', kind = 'dependencies' }: { folder?: string; kind?: EdgeKind } = {},
): WantedImporter {
  const edges = Object.entries(dependencies).map(([name, specifier]) => ({ name, specifier, kind }))
  return { folder, name: folder, version: '1.0.0', edges }
}

/** The graph of these package.jsons. */
export async function resolved(
  made: MadeRegistry,
  wanted: readonly WantedImporter[],
  { locked, asked }: { readonly locked?: Locked; readonly asked?: string[] } = {},
): Promise<Graph> {
  return (await resolve(wanted, portsOf(made, asked), { locked })).graph
}
