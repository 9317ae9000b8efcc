// yarn 1 and yarn 4.
import { type Client, npmrcOf, type Registry } from './client.ts'

export const yarn1: Client = {
  name: 'yarn1',
  program: 'bin/yarn.js',
  npm: 'npm11',
  commands: {
    publish: 'publish --non-interactive --new-version {version} --tag {tag} --access public',
    install: 'install --non-interactive',
    frozen: 'install --non-interactive --frozen-lockfile',
    add: 'add {spec}',
    update: 'upgrade',
    outdated: ['outdated', 1],
    view: 'info {spec}',
    tagAdd: 'tag add {spec} {tag}',
    tagList: 'tag list {name}',
    tagRemove: 'tag remove {name} {tag}',
    ownerAdd: 'owner add {other} {name}',
    ownerList: 'owner list {name}',
  },
  settings: (registry) => ({
    '.npmrc': npmrcOf(registry, 'always-auth=true'),
    '.yarnrc': `registry "${registry.url}/"\n`,
  }),
  warns: /Use 1\.1 "instead" ü/,
  ownFiles: /^\.yarn-integrity$|(^|\/)\.bin\//,
}

function yarnrc({ url, token }: Registry, ...more: readonly string[]): string {
  const lines = [
    `npmRegistryServer: "${url}"`,
    `npmAuthToken: "${token}"`,
    'unsafeHttpWhitelist: ["127.0.0.1", "localhost"]',
    'enableTelemetry: false',
    'nodeLinker: node-modules',
    ...more,
  ]
  return `${lines.join('\n')}\n`
}

export const yarn4: Client = {
  name: 'yarn4',
  program: 'bin/yarn.js',
  npm: 'npm11',
  commands: {
    whoami: 'npm whoami',
    publish: 'npm publish --access public --tag {tag}',
    install: 'install',
    frozen: 'install --immutable',
    add: 'add {spec}',
    update: 'up --recursive {left}',
    view: 'npm info {spec}',
    tagAdd: 'npm tag add {spec} {tag}',
    tagList: 'npm tag list {name}',
    tagRemove: 'npm tag remove {name} {tag}',
    audit: ['npm audit', 1],
  },
  settings: (registry) => ({
    '.npmrc': npmrcOf(registry),
    '.yarnrc.yml': yarnrc(registry, 'npmMinimalAgeGate: 0'),
  }),
  ageLimit: {
    settings: (registry) => ({ '.yarnrc.yml': yarnrc(registry) }),
    code: 1,
    shows: /All versions satisfying .* are quarantined/,
  },
  projectFiles: { 'yarn.lock': '' },
  beforePublish: 'install',
  ownFiles: /^\.yarn-state\.yml$|^\.package-map\.json$|(^|\/)\.bin\//,
  asksInVain: /^POST \/-\/npm\/v1\/security\//,
}

export const yarns: readonly Client[] = [yarn1, yarn4]
