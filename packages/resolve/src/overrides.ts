// Overrides: what a project wants instead of what packages ask for. A rule holds everywhere, for the dependencies of one package, or
// for all that lies below one.
import semver from 'semver'
import type { Release } from './packument.ts'
import type { WantedEdge } from './wanted.ts'

/** Packages by name and version; the range is `*` where any is meant. */
export type Selector = { readonly name: string; readonly range: string }

/** A rule: what is meant of what is asked for, and what it becomes. */
export type Override = Selector & {
  /** As it was written, from the outermost on: `a > b@1`. */
  readonly key: string
  /** The specifier that is taken instead, `-` for nothing; undefined where only what lies below changes. */
  readonly value: string | undefined
  /** Only the dependencies of these packages are meant. */
  readonly parent: Selector | undefined
  /** Rules for all that lies below the package. */
  readonly below: readonly Override[]
}

/** The rules that hold somewhere in the graph, the innermost first. */
export type Scope = { readonly key: string; readonly rules: readonly Override[] }

/** Where an edge leads: undefined where it is removed. */
type Overridden = { readonly edge: WantedEdge | undefined; readonly rule: Override | undefined }

/** The overrides of a project, and which of them were of use. */
export class Overrides {
  /** Where no package with rules of its own is above. */
  readonly root: Scope
  /** Whether a package can come out in several ways, depending on what is above it. */
  readonly isNested: boolean
  readonly #scopes = new Map<Override, Scope>()
  readonly #used = new Set<string>()

  constructor(rules: readonly Override[]) {
    this.root = { key: '', rules: specificFirst(rules) }
    this.isNested = rules.some(({ below }) => below.length > 0)
    this.#enter(this.root, rules)
  }

  #enter(scope: Scope, rules: readonly Override[]): void {
    for (const rule of rules) {
      if (rule.below.length === 0) continue
      const inner = { key: rule.key, rules: [...specificFirst(rule.below), ...scope.rules] }
      this.#scopes.set(rule, inner)
      this.#enter(inner, rule.below)
    }
  }

  /** What the dependency of `by` becomes in this scope. */
  edge(scope: Scope, by: Pick<Release, 'name' | 'version'>, edge: WantedEdge): Overridden {
    const rule = scope.rules.find((each) => isMeant(each, by, edge))
    if (rule === undefined) return { edge, rule }
    if (rule.value !== undefined) this.#used.add(rule.key)
    if (rule.value === '-') return { edge: undefined, rule }
    return { edge: { ...edge, specifier: rule.value ?? edge.specifier }, rule }
  }

  /** The scope of a package that was chosen in this scope, by this rule where there was one. */
  scopeOf(scope: Scope, release: Release, by: Override | undefined): Scope {
    const chosen = by === undefined ? undefined : this.#scopes.get(by)
    if (chosen !== undefined) return chosen
    const rule = scope.rules.find(
      (each) => each.below.length > 0 && each.parent === undefined && isSelected(each, release),
    )
    return (rule && this.#scopes.get(rule)) ?? scope
  }

  /** What dependencies of this name may become, somewhere in the graph. */
  valuesFor(name: string): readonly string[] {
    const all = [this.root, ...this.#scopes.values()].flatMap(({ rules }) => rules)
    const own = all.filter((rule) => rule.name === name && rule.value !== '-')
    return own.flatMap(({ value }) => value ?? [])
  }

  /** The keys of rules that changed nothing. */
  unused(): readonly string[] {
    const all = [this.root, ...this.#scopes.values()].flatMap(({ rules }) => rules)
    const keys = all.filter(({ value }) => value !== undefined).map(({ key }) => key)
    return [...new Set(keys)].filter((key) => !this.#used.has(key)).toSorted()
  }
}

/** Rules for certain versions, or for certain packages, come before those for all. */
function specificFirst(rules: readonly Override[]): readonly Override[] {
  const rank = ({ parent, range }: Override): number =>
    (parent === undefined ? 2 : 0) + (range === '*' ? 1 : 0)
  return rules.toSorted((one, other) => rank(one) - rank(other))
}

function isMeant(
  rule: Override,
  by: Pick<Release, 'name' | 'version'>,
  { name, specifier }: WantedEdge,
): boolean {
  if (rule.name !== name) return false
  if (rule.parent !== undefined && !isSelected(rule.parent, by)) return false
  if (rule.range === '*' || rule.range === specifier) return true
  const wanted = specifier.replace(/^(?:npm|workspace):(?:(?:@[^/]+\/)?[^@]*@)?/, '')
  const isRange = semver.validRange(wanted) !== null && semver.validRange(rule.range) !== null
  // A tag or an address cannot be compared: whoever wrote the rule means it.
  return isRange ? semver.intersects(wanted, rule.range) : semver.validRange(wanted) === null
}

function isSelected({ name, range }: Selector, found: Pick<Release, 'name' | 'version'>): boolean {
  if (name !== found.name) return false
  return range === '*' || semver.satisfies(found.version, range, { includePrerelease: true })
}
