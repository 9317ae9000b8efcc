// What clients lose when a name or a scope of an upstream is reserved, in words for the operator who decides it.
import { isJsonObject, type JsonValue } from '@stele/formats/json'

/** A package of an upstream, as the server tells it. */
type Reached = {
  readonly name: string
  readonly upstream: string
  readonly chosen: readonly string[]
  readonly missing: readonly string[]
  readonly unchosen: number
}

const maxShown = 10

/** Reads the server's answer. */
export function parseReached(answer: JsonValue): readonly Reached[] {
  const rows = Array.isArray(answer) ? answer.filter(isJsonObject) : []
  return rows.map(({ name, upstream, chosen, missing, unchosen }) => ({
    name: typeof name === 'string' ? name : '',
    upstream: typeof upstream === 'string' ? upstream : '',
    chosen: Array.isArray(chosen) ? chosen.map(String) : [],
    missing: Array.isArray(missing) ? missing.map(String) : [],
    unchosen: Number(unchosen),
  }))
}

/** Whether it is reserved also where tarballs cannot be had. */
type Losing = { readonly losesMissing: boolean }

/** Sentences without a stop; the first says whose it is. */
export function formatLosses(
  pattern: string,
  reached: readonly Reached[],
  losing: Losing,
): readonly string[] {
  return pattern.endsWith('/*') ? scopeLosses(pattern, reached) : nameLosses(reached, losing)
}

function nameLosses(reached: readonly Reached[], { losesMissing }: Losing): readonly string[] {
  return reached.flatMap(({ name, upstream, chosen, missing, unchosen }) => [
    `"${name}" belongs to the upstream "${upstream}": reserving it makes it this registry's own, and there is no way back`,
    chosen.length === 0
      ? 'Nobody has installed a version of it from here, so clients find none until one is published here'
      : `${chosen.length === 1 ? 'One version that was installed from here stays' : `${chosen.length} versions that were installed from here stay`}: ${shown(chosen)}`,
    ...(missing.length === 0
      ? []
      : [
          `${missing.length === 1 ? 'The tarball of one of these is' : `The tarballs of ${missing.length} of these are`} not here now, and fetched from "${upstream}" first: ${shown(missing)}. ${losesMissing ? 'What it does not give is lost: nobody can install it any more' : 'If it does not give them, nothing is reserved'}`,
        ]),
    ...(unchosen === 0
      ? []
      : [
          `${unchosen === 1 ? 'One version' : `${unchosen} versions`} that nobody installed from here will be gone for clients`,
        ]),
    'New versions come only from those whom it is reserved for; no version number that was seen is used again',
  ])
}

function scopeLosses(pattern: string, reached: readonly Reached[]): readonly string[] {
  const upstreams = [...new Set(reached.map(({ upstream }) => `"${upstream}"`))]
  const whose = `the ${upstreams.length === 1 ? 'upstream' : 'upstreams'} ${upstreams.join(', ')}`
  const count = reached.length
  return [
    `${count === 1 ? 'One package' : `${count} packages`} of ${whose} ${count === 1 ? 'is' : 'are'} in "${pattern}": ${shown(reached.map(({ name }) => name))}`,
    'While the scope is reserved nobody is asked for them: clients find no package of these, and get only tarballs that are kept here',
    `"stele reserve remove '${pattern}'" brings them back`,
    "To publish under one of these names here, reserve that name too: it becomes this registry's own then",
  ]
}

function shown(names: readonly string[]): string {
  const more = names.length - maxShown
  return names.slice(0, maxShown).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
