// What a project wants, resolved by its own rules. A version that is not found in packuments that are kept may be new, so registries are
// asked before that is said.
import { isSteleError } from '@stele/errors'
import type { Registries, RegistryConfig } from '@stele/fetch'
import { type Resolved, type ResolvePorts, resolve } from '@stele/resolve'
import { keepHeapSmall } from '../../small-heap.ts'
import { explained, type Project } from '../project/project.ts'
import { pathNode } from '../store/path-node.ts'
import { createRefusal } from './policies.ts'
import { publicationsFrom, readPolicy } from './policy-settings.ts'

/** What is resolved, and by what. */
type Resolving = {
  readonly project: Project
  readonly rules: Parameters<typeof resolve>[2]
  readonly config: RegistryConfig
  readonly registries: Registries
  readonly env: NodeJS.ProcessEnv
  /** New ones for each time: they remember what they asked for. */
  readonly ports: () => ResolvePorts
}

/** The graph of the project. Throws what resolving throws, with the place in the package.json that asked. */
export async function resolveGraph(resolving: Resolving): Promise<Resolved> {
  const { root } = resolving.project
  keepHeapSmall() // Packuments make a lot of garbage: 400 MB, else, for 1,000 packages.
  try {
    return await resolveOnce(resolving)
  } catch (error) {
    const isMissing =
      isSteleError(error, 'version_absent') || isSteleError(error, 'version_refused')
    if (!isMissing || !resolving.registries.distrustKept()) throw await explained(error, root)
  }
  try {
    return await resolveOnce(resolving)
  } catch (error) {
    throw await explained(error, root)
  }
}

function resolveOnce({
  project,
  rules,
  config,
  registries,
  env,
  ports,
}: Resolving): ReturnType<typeof resolve> {
  const policy = readPolicy(project, config, Date.now())
  const refuse = createRefusal(policy, publicationsFrom(registries))
  return resolve(project.importers, ports(), {
    nodeVersion: pathNode(env).version,
    ...rules,
    refuse,
  })
}
