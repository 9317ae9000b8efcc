// A graph as lines that a test can be read by.
import type { Graph } from '../src/graph.ts'

/** Each package.json and instance, and what each of its dependencies became. */
export function linesOf({ importers, instances }: Graph): readonly string[] {
  const line = (from: string, to: Iterable<readonly [string, string | undefined]>): string =>
    `${from}: ${[...to].map(([name, key]) => (key?.startsWith(`${name}@`) ? key : `${name}=${key ?? 'nothing'}`)).join(' ')}`.trim()
  return [
    ...importers.map(({ folder, directs }) =>
      line(
        folder,
        directs.map(({ name, instance }) => [name, instance] as const),
      ),
    ),
    ...[...instances].map(([key, { dependencies }]) => line(key, dependencies)),
  ]
}
