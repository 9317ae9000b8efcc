// Reads what `--cpu-prof` wrote, a file for each thread, and sums it up by package.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type ProfileNode = {
  readonly id: number
  readonly callFrame: {
    readonly functionName: string
    readonly url: string
    readonly lineNumber: number
  }
  readonly children?: readonly number[]
}
type CpuProfile = {
  readonly nodes: readonly ProfileNode[]
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** CPU of one thread in microseconds: by package and native function, and by function. Idle time is left out. */
export type ThreadCost = {
  readonly totalUs: number
  readonly byPackage: ReadonlyMap<string, number>
  readonly byFunction: ReadonlyMap<string, number>
}

/** The threads' costs between two times of the monotonic clock (microseconds), the busiest first. */
export function readProfiles(
  folder: string,
  [fromUs, toUs]: readonly [number, number],
): readonly ThreadCost[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.cpuprofile'))
    .map((file) => sumUp(JSON.parse(readFileSync(join(folder, file), 'utf8')), fromUs, toUs))
    .filter(({ totalUs }) => totalUs > 0)
    .toSorted((one, other) => other.totalUs - one.totalUs)
}

function sumUp(profile: CpuProfile, fromUs: number, toUs: number): ThreadCost {
  const labels = labelNodes(profile.nodes)
  const [byPackage, byFunction] = [new Map<string, number>(), new Map<string, number>()]
  let [timeUs, totalUs] = [profile.startTime, 0]
  profile.samples.forEach((id, at) => {
    const deltaUs = profile.timeDeltas[at + 1] ?? 0 // How long this sample lasted is known from the next one.
    timeUs += profile.timeDeltas[at] ?? 0
    const label = labels.get(id)
    if (label === undefined || timeUs < fromUs || timeUs > toUs) return
    totalUs += deltaUs
    byPackage.set(label.owner, (byPackage.get(label.owner) ?? 0) + deltaUs)
    byFunction.set(label.name, (byFunction.get(label.name) ?? 0) + deltaUs)
  })
  return { totalUs, byPackage, byFunction }
}

type Label = { readonly owner: string; readonly name: string }

/** Whose each node is: a package's own code, or what the package called in Node and below, by the function called. */
function labelNodes(nodes: readonly ProfileNode[]): ReadonlyMap<number, Label | undefined> {
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])),
  )
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const ancestors = (id: number | undefined): ProfileNode[] => {
    const node = id === undefined ? undefined : byId.get(id)
    return node === undefined ? [] : [node, ...ancestors(parents.get(node.id))]
  }
  return new Map(nodes.map(({ id }) => [id, labelOf(ancestors(id))]))
}

function labelOf([self, ...above]: readonly ProfileNode[]): Label | undefined {
  if (self === undefined || ['(idle)', '(root)'].includes(self.callFrame.functionName))
    return undefined
  const { functionName, url, lineNumber } = self.callFrame
  const name = `${functionName || '(anonymous)'} ${placeOf(url)}:${lineNumber + 1}`
  if (functionName.startsWith('(')) return { owner: functionName, name: functionName }
  const own = packageOf(url)
  if (own !== undefined) return { owner: own, name }
  if (url.startsWith('wasm:')) return { owner: 'QuickJS', name }
  const chain = [self, ...above]
  const at = chain.findIndex(({ callFrame }) => packageOf(callFrame.url) !== undefined)
  const caller = packageOf(chain[at]?.callFrame.url ?? '')
  if (caller === undefined) return { owner: 'node', name }
  const called = chain[at - 1]?.callFrame.functionName ?? ''
  return { owner: `${caller} > ${called}`, name: `${name} < ${caller}` }
}

function packageOf(url: string): string | undefined {
  return /\/packages\/([\w-]+)\/(?:src|rules)/.exec(url)?.[1]
}

function placeOf(url: string): string {
  return url.replace(/^.*\/packages\//, '').slice(-60)
}
