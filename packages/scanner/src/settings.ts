// The settings of the scanners, under the names that the JS Registry's documents give them; where those are lost, they are ours.
import { resolve } from 'node:path'
import { SteleError } from '@stele/errors'
import { duration, kindOf, list, objects, type Section, text, toggle } from '@stele/settings'
import type { FolderSource, Source } from './source.ts'

/** What the operator says about scanners. */
export type ScannerSettings = {
  readonly 'directoryscanner.folder': string
  readonly 'directoryscanner.url': string
  readonly 'directoryscanner.includes': readonly string[]
  readonly 'directoryscanner.excludes': readonly string[]
  readonly 'directoryscanner.npmfolder': string
  readonly 'directoryscanner.npmincludes': readonly string[]
  readonly 'directoryscanner.registerAsFileLocation': boolean
  readonly 'directoryscanner.buildDistributionFiles': boolean
  readonly 'directoryscanner.directoriesToScan': readonly {
    readonly identifier: string
    readonly directory: string
    readonly url: string
    readonly includes: readonly string[]
    readonly excludes: readonly string[]
  }[]
  /** Milliseconds. */
  readonly 'directoryscanner.refreshPeriod': number
  readonly 'classpathscanner.files': readonly string[]
  readonly 'classpathscanner.refreshPeriod': number
}

/** What the log calls the scanners that have no identifier of their own. */
const ownNames = { folder: 'directory', npmfolder: 'npmfolder', archives: 'classpath' } as const

const folder = kindOf('the path of a folder', (found) =>
  typeof found === 'string' && !found.includes('\0')
    ? found === ''
      ? ''
      : resolve(found)
    : undefined,
)
const pattern = text('a pattern of folders such as "base/**"', /^[^\0]{1,500}$/)
const patterns = list(pattern)
const address = text(
  'an http or https address, or a path of this server, without a query',
  /^(?:(?:https?:\/\/[^/\s?#@]+)?\/[^\s?#]*|https?:\/\/[^/\s?#@]+)?$/,
)
const period = duration(1_000, 24 * 3_600_000)
const usualPeriodMs = 60_000

export const scannerSection: Section<ScannerSettings> = {
  name: 'jsregistry',
  fields: {
    'directoryscanner.folder': {
      summary: 'a folder with packages that the JS Registry shows from where they lie',
      kind: folder,
      fallback: '',
    },
    'directoryscanner.url': {
      summary: 'where the files of that folder are shown besides, told as their location',
      kind: address,
      fallback: '',
    },
    'directoryscanner.includes': {
      summary: 'which of its folders may be packages, as patterns such as base/**',
      kind: patterns,
      fallback: ['**'],
    },
    'directoryscanner.excludes': {
      summary: 'which of its folders are none, as patterns such as **/tests/**',
      kind: patterns,
      fallback: [],
    },
    'directoryscanner.npmfolder': {
      summary: 'a folder that is laid out as node_modules',
      kind: folder,
      fallback: '',
    },
    'directoryscanner.npmincludes': {
      summary: 'which of its packages are shown, as patterns of names such as @scope/*',
      kind: patterns,
      fallback: ['**'],
    },
    'directoryscanner.registerAsFileLocation': {
      summary: 'whether files stay where they lie; else the log keeps a copy of each package',
      kind: toggle,
      fallback: true,
    },
    'directoryscanner.buildDistributionFiles': {
      summary: 'whether packages whose files stay where they lie have a tarball and a zip',
      kind: toggle,
      fallback: false,
    },
    'directoryscanner.directoriesToScan': {
      summary:
        'more folders, a JSON list; each has identifier, directory, and, where wanted, url, includes and excludes',
      kind: objects<ScannerSettings['directoryscanner.directoriesToScan'][number]>({
        identifier: {
          summary: 'what the log calls it',
          kind: text(
            'letters, digits, dots, dashes and underscores, beginning with a letter or digit',
            /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
          ),
        },
        directory: { summary: 'the folder', kind: folder },
        url: { summary: 'where its files are shown besides', kind: address, fallback: '' },
        includes: { summary: 'which folders may be packages', kind: patterns, fallback: ['**'] },
        excludes: { summary: 'which folders are none', kind: patterns, fallback: [] },
      }),
      fallback: [],
    },
    'directoryscanner.refreshPeriod': {
      summary: 'how often folders are looked at, besides after a change, such as "60 s"',
      kind: period,
      fallback: usualPeriodMs,
    },
    'classpathscanner.files': {
      summary: 'JARs, and folders with JARs, whose packages the JS Registry shows',
      kind: list(folder),
      fallback: [],
    },
    'classpathscanner.refreshPeriod': {
      summary: 'how often JARs are looked at, besides after a change, such as "60 s"',
      kind: period,
      fallback: usualPeriodMs,
    },
  },
}

/** What is to be scanned: the first that has a version is whose it is. Throws setting_invalid. */
export function sourcesOf(settings: ScannerSettings): readonly Source[] {
  const isInPlace = settings['directoryscanner.registerAsFileLocation']
  const isBuilt = settings['directoryscanner.buildDistributionFiles']
  const common = {
    kind: 'folder',
    layout: 'any',
    tarballs: !isInPlace ? 'keep' : isBuilt ? 'build' : 'none',
    periodMs: settings['directoryscanner.refreshPeriod'],
  } as const
  const folders: readonly FolderSource[] = [
    {
      ...common,
      scanner: ownNames.folder,
      folder: settings['directoryscanner.folder'],
      url: settings['directoryscanner.url'],
      includes: settings['directoryscanner.includes'],
      excludes: settings['directoryscanner.excludes'],
    },
    {
      ...common,
      scanner: ownNames.npmfolder,
      folder: settings['directoryscanner.npmfolder'],
      url: '',
      includes: settings['directoryscanner.npmincludes'],
      excludes: [],
      layout: 'node_modules',
    },
    ...settings['directoryscanner.directoriesToScan'].map(({ identifier, directory, ...rest }) => ({
      ...common,
      ...rest,
      scanner: identifier,
      folder: directory,
    })),
  ]
  refuseRepeated(settings['directoryscanner.directoriesToScan'].map(({ identifier }) => identifier))
  const paths = settings['classpathscanner.files'].filter((path) => path !== '')
  const archives = {
    kind: 'archives',
    scanner: ownNames.archives,
    paths,
    periodMs: settings['classpathscanner.refreshPeriod'],
  } as const
  return [...folders.filter((one) => one.folder !== ''), ...(paths.length > 0 ? [archives] : [])]
}

function refuseRepeated(identifiers: readonly string[]): void {
  const taken: readonly string[] = Object.values(ownNames)
  const at = identifiers.findIndex(
    (one, index) => taken.includes(one) || identifiers.indexOf(one) !== index,
  )
  if (at < 0) return
  throw new SteleError('setting_invalid', {
    key: `jsregistry.directoryscanner.directoriesToScan[${at}].identifier`,
    source: 'the settings',
    found: JSON.stringify(identifiers[at]),
    wanted: `another name than ${taken.join(', ')} and than those before it`,
  })
}
