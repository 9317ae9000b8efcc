// How soon a server answers after its start: `node bench/start.ts [rounds]`.
// Stele with 10,000 packages and 150,000 leaves of state; Verdaccio, whose start reads no metadata, with one package.
import { filledName, openFilledFolder, packageCount } from './parts/filled-folder.ts'
import {
  buildStele,
  prepareVerdaccio,
  publishSmall,
  type Registry,
  type RegistryName,
  startRegistry,
} from './parts/registries.ts'
import { printReport, type Row, short } from './parts/report.ts'
import { median, spread } from './parts/statistics.ts'
import { makeFolder } from './parts/work-folder.ts'

const rounds = Number(process.argv[2] ?? 7)

type Start = {
  readonly listeningMs: number
  readonly firstReadMs: number
  readonly firstWriteMs: number
}
/** How the server before was ended. */
type Ending = 'stop' | 'kill'
const endings: readonly Ending[] = ['stop', 'kill']
type Subject = {
  readonly name: RegistryName
  readonly dir: string
  readonly token: string
  readonly path: string
}

buildStele()
const folder = await openFilledFolder()
const other = makeFolder()
try {
  const stele = { dir: folder.path, token: folder.token, path: `/${filledName(4_711)}` }
  const subjects: readonly Subject[] = [
    { name: 'stele', ...stele },
    { name: 'stele (npm start)', ...stele },
    { name: 'stele (built)', ...stele },
    { ...(await prepareVerdaccio(other.path)), path: '/first' },
  ]
  const starts = new Map<string, Start[]>()
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) {
      // The first start of a round is after a clean stop, the second after a kill.
      for (const before of endings) {
        const next = before === 'stop' ? 'kill' : 'stop'
        const start = await measureStart(subject, `${round}-${before}-${subject.name.length}`, next)
        const key = `${subject.name} ${before}`
        if (round > 0) starts.set(key, [...(starts.get(key) ?? []), start])
      }
    }
  }
  printReport({
    tables: [
      {
        caption: 'Start, milliseconds after the process was spawned',
        rows: subjects.flatMap(({ name }) =>
          endings.map((before) => startRow(name, before, starts.get(`${name} ${before}`) ?? [])),
        ),
      },
    ],
    remarks: [
      `Stele holds ${packageCount} packages in 35,000 entries; medians of ${rounds - 1} starts, files in the page cache.`,
      'Built is what `npm run build` makes and is published, `npm start` serves the same (npm itself is not in the figures); without it Node strips the types at each start.',
      'Stele is ended by SIGTERM or by SIGKILL; what it was ended with before a start is in the second column.',
    ],
  })
} finally {
  folder.remove()
  other.remove()
}

/** Starts it and ends it in this way. */
async function measureStart(
  { name, dir, token, path }: Subject,
  round: string,
  ending: Ending,
): Promise<Start> {
  const registry = await startRegistry(name, { dir })
  try {
    const listeningMs = performance.now() - registry.startedMs
    await read(registry, path)
    const firstReadMs = performance.now() - registry.startedMs
    await publishSmall(registry, token, `start-${round}`)
    return { listeningMs, firstReadMs, firstWriteMs: performance.now() - registry.startedMs }
  } finally {
    await (ending === 'stop' ? registry.stop() : registry.kill())
  }
}

async function read({ url }: Registry, path: string): Promise<void> {
  const answer = await fetch(url + path)
  await answer.arrayBuffer()
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status}`)
}

function startRow(registry: RegistryName, before: Ending, found: readonly Start[]): Row {
  const reads = found.map((start) => start.firstReadMs)
  const writes = found.map((start) => start.firstWriteMs)
  return {
    registry,
    'ended before by': before === 'stop' ? 'SIGTERM' : 'SIGKILL',
    listening: short(median(found.map((start) => start.listeningMs))),
    'first packument': short(median(reads)),
    spread: spread(reads),
    'first publish': short(median(writes)),
    'its spread': spread(writes),
  }
}
