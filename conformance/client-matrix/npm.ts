// npm 10, 11 and 12.
import { type Client, type Commands, npmrcOf } from './client.ts'

/** What every npm has. */
export const npmCommands: Commands = {
  whoami: 'whoami',
  ping: 'ping',
  publish: 'publish --access public --tag {tag}',
  install: 'install',
  frozen: 'ci',
  add: 'install {spec}',
  update: 'update',
  outdated: ['outdated', 1],
  view: 'view {spec}',
  search: 'search {text}',
  tagAdd: 'dist-tag add {spec} {tag}',
  tagList: 'dist-tag ls {name}',
  tagRemove: 'dist-tag rm {name} {tag}',
  deprecate: 'deprecate {spec} {message}',
  undeprecate: 'deprecate {spec} {nothing}',
  ownerAdd: 'owner add {other} {name}',
  ownerList: 'owner ls {name}',
  ownerRemove: 'owner rm {other} {name}',
  tokenList: 'token list',
  profile: 'profile get',
  audit: ['audit', 1],
  unpublish: 'unpublish {spec}',
  unpublishAll: 'unpublish {name} --force',
}

/** What npm has since 11. */
const undeprecate = { undeprecate: 'undeprecate {spec}' }

/** What npm had until 12. */
export const stars: Commands = {
  star: 'star {name}',
  stars: 'stars {user}',
  unstar: 'unstar {name}',
}

function npm(name: 'npm10' | 'npm11' | 'npm12', commands: Commands): Client {
  return {
    name,
    program: 'bin/npm-cli.js',
    npm: name,
    commands,
    settings: (registry) => ({ '.npmrc': npmrcOf(registry) }),
    warns: /Use 1\.1 "instead" ü/,
    ownFiles: /^\.package-lock\.json$|^\.bin\//,
    asksInVain: /^POST \/-\/npm\/v1\/security\//,
  }
}

export const npms: readonly Client[] = [
  npm('npm10', { ...npmCommands, ...stars }),
  npm('npm11', { ...npmCommands, ...undeprecate, ...stars }),
  npm('npm12', { ...npmCommands, ...undeprecate }),
]
