// What each command does, in a line: so that the overview is shown without reading the commands. A test compares them.

/** The summaries by name. */
export const summaries: { readonly [name: string]: string } = {
  admin: 'Make again what follows from the log: package pages and search, the public folder',
  amend: "Let a tarball's own package.json replace what its upstream told of it at first",
  clone: 'Copy a service of a script: its call log and its files, checked on the way',
  help: 'Show what the commands do',
  install: 'Install the dependencies of this project',
  reserve: 'Reserve names and scopes for accounts, release them, or list them',
  rules: 'Show the rules that the log runs, or change them with the root key',
  serve: 'Serve a registry',
  'store path': 'Print the folder in which packages are kept for all projects',
  'store prune': 'Remove packages from the store that no project on this machine has',
  'store verify': 'Read every file of the store, and remove packages that are damaged',
  takedown: 'Delete a tarball or a part of the log; the log shows for ever that it was there',
  user: 'Add, change, remove or list the users of a registry on this machine',
  'vm exec': 'Serve a script: its methods to call, its files and its call log to read and check',
  'vm identity': 'Make a key that signs your calls, and print the account that it is',
  'vm repl': "Call a service's methods: at a prompt, or one with --exec",
  'vm verify': 'Run every call of a service again, and compare its call log and its files',
  verify: 'Replay the log of a registry, and compare all that it serves with it',
}
