// stele mnpm install: an installation from a registry's five calls and from mirrors that nobody has to trust.
import { resolve } from 'node:path'
import { readConfig } from '@stele/fetch'
import { callsBelow, openCalls } from '../mnpm/calls.ts'
import { type MnpmReport, mnpmInstall } from '../mnpm/install.ts'
import { describeFault, openMirrors, templateFault } from '../mnpm/mirrors.ts'
import { createFetch } from '../sources/fetch.ts'
import { parseRegistryUrl } from '../sources/registry-source.ts'
import { type Command, type Input, usageError } from './command.ts'

const wrongUsage = usageError('mnpm install')

/** Installs what package.json wants into its node_modules. */
export const mnpmInstallCommand: Command<MnpmReport> = {
  usage: {
    name: 'mnpm install',
    summary: 'Install from a registry that says what is true, and mirrors that carry the bytes',
    arguments: '',
    options: {
      server: {
        type: 'string',
        value: 'url',
        summary: 'where the calls are; /-/mnpm of the registry in .npmrc when absent',
      },
      template: {
        type: 'string',
        value: 'text',
        summary: 'where a mirror has a tarball; {mirror}/{name}/{file}-v{version}.tgz when absent',
      },
      prefix: { type: 'string', value: 'folder', summary: 'the folder to work in' },
      dir: { type: 'string', short: 'C', as: 'prefix', summary: '' },
      'allow-scripts': {
        type: 'string',
        multiple: true,
        value: 'package',
        summary: 'from now on run the install scripts of this package, as it is now',
      },
      'ignore-scripts': { type: 'boolean', summary: 'run no scripts of packages' },
    },
    notes: [
      'Every tarball is compared with the checksum that the registry says. A mirror that is down, slow or gives other bytes is told of, and the next is asked.',
      'Install scripts run where they were allowed: --allow-scripts notes that below "stele" in package.json, as "stele approve" does.',
      'No lock file is read or written.',
      'A template may also name {sha512}, the checksum in hex.',
    ],
  },
  run,
  view: describe,
}

async function run({ positionals, options, environment, main, stop }: Input): Promise<MnpmReport> {
  if (positionals.length > 0) {
    throw wrongUsage(
      'Write what is to be installed into package.json: mnpm installs what stands there',
    )
  }
  const { prefix, server, template } = options
  const root = typeof prefix === 'string' ? resolve(prefix) : process.cwd()
  const fault = typeof template === 'string' ? templateFault(template) : undefined
  if (fault !== undefined) throw wrongUsage(`--template "${template}": ${fault}`)
  const env = { ...environment }
  const config = readConfig(root, env)
  const address =
    typeof server === 'string'
      ? parseRegistryUrl(server, 'mnpm install', '--server ')
      : `${config.registryOf('').replace(/\/+$/, '')}${callsBelow}`
  const credentials = (url: string) => ({ authorization: config.authorizationFor(`${url}/`) })
  return mnpmInstall(
    {
      root,
      env,
      main,
      allowed: listed(options['allow-scripts']),
      scripts: {
        command: 'install',
        isWhole: false,
        isIgnored: options['ignore-scripts'] === true,
        isData: options['json'] === true,
        isLoud: false,
        approveWith: 'mnpm install --allow-scripts <package>',
        stop,
      },
    },
    {
      calls: openCalls(address, createFetch({ root: address, ...credentials(address) })),
      openMirrors: (urls) =>
        openMirrors(urls, {
          open: (mirror, patienceMs) =>
            createFetch({ root: '', patienceMs, ...credentials(mirror) }),
          template: typeof template === 'string' ? template : undefined,
        }),
    },
  )
}

function listed(value: string | boolean | undefined): readonly string[] {
  return typeof value === 'string' ? value.split(',').filter((each) => each !== '') : []
}

function describe({
  packages,
  added,
  removed,
  given,
  faults,
  notices,
  tookMs,
}: MnpmReport): string {
  const shown = packages === 1 ? 'package' : 'packages'
  return [
    ...notices,
    ...Object.entries(given).map(([mirror, count]) => `${mirror} gave ${count}`),
    ...faults.map((fault) => `${fault.mirror} failed for ${fault.spec}: ${describeFault(fault)}`),
    `${packages} ${shown}: ${added.length} added, ${removed} removed, ${(tookMs / 1000).toFixed(2)} s`,
  ].join('\n')
}
