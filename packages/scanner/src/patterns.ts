// Patterns of paths as Ant has them: `*` and `?` within a name, `**` for any number of folders.

/** True for a path, with slashes, that one of these patterns takes in. */
export type MatchPath = (path: string) => boolean

/** Matches none where there are no patterns. A slash at a pattern's end stands for all that lies below. */
export function createMatcher(patterns: readonly string[]): MatchPath {
  const all = patterns.map((pattern) => pattern.replaceAll('\\', '/')).map(segmentsOf)
  return (path) => {
    const names = path === '' ? [] : path.split('/')
    return all.some((segments) => matches(segments, names))
  }
}

type Segment = RegExp | '**'

function segmentsOf(pattern: string): readonly Segment[] {
  const whole = pattern.endsWith('/') ? `${pattern}**` : pattern
  const segments = whole.split('/').filter((segment) => segment !== '' && segment !== '.')
  return segments.map((segment) => (segment === '**' ? segment : nameForm(segment)))
}

function nameForm(segment: string): RegExp {
  const escaped = segment.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll(/\*+/g, '.*').replaceAll('?', '.')}$`, 'su')
}

/** Goes back to the last `**` alone, which is enough, and never takes longer than the product of both lengths. */
function matches(segments: readonly Segment[], names: readonly string[]): boolean {
  let at = 0
  let name = 0
  let back: { readonly at: number; name: number } | undefined
  while (name < names.length) {
    const segment = segments[at]
    if (segment === '**') {
      back = { at, name }
      at++
    } else if (segment?.test(names[name] ?? '') === true) {
      at++
      name++
    } else if (back !== undefined) {
      back.name++
      at = back.at + 1
      name = back.name
    } else return false
  }
  return segments.slice(at).every((segment) => segment === '**')
}
