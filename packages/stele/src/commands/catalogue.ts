// The commands by name, each loaded only when it is asked for.
import { type RunnableCommand, runnable } from './command.ts'

/** Every command. */
export const commands: { readonly [name: string]: () => Promise<RunnableCommand> } = {
  add: async () => runnable((await import('./add.ts')).add),
  admin: async () => runnable((await import('./admin.ts')).admin),
  amend: async () => runnable((await import('./amend.ts')).amend),
  ci: async () => runnable((await import('./ci.ts')).ci),
  clone: async () => runnable((await import('./clone.ts')).clone),
  dedupe: async () => runnable((await import('./dedupe.ts')).dedupe),
  help: async () => runnable((await import('./help.ts')).createHelp(commands)),
  init: async () => runnable((await import('./init.ts')).init),
  install: async () => runnable((await import('./install.ts')).installCommand),
  ls: async () => runnable((await import('./ls.ts')).ls),
  outdated: async () => runnable((await import('./outdated.ts')).outdated),
  prune: async () => runnable((await import('./prune.ts')).prune),
  remove: async () => runnable((await import('./remove.ts')).remove),
  reserve: async () => runnable((await import('./reserve.ts')).reserve),
  rules: async () => runnable((await import('./rules.ts')).rules),
  serve: async () => runnable((await import('./serve.ts')).serve),
  'store path': async () => runnable((await import('./store.ts')).storePath),
  'store prune': async () => runnable((await import('./store.ts')).storePrune),
  'store verify': async () => runnable((await import('./store.ts')).storeVerify),
  takedown: async () => runnable((await import('./takedown.ts')).takedown),
  update: async () => runnable((await import('./update.ts')).update),
  user: async () => runnable((await import('./user.ts')).user),
  'vm exec': async () => runnable((await import('./vm-exec.ts')).vmExec),
  'vm identity': async () => runnable((await import('./vm-identity.ts')).vmIdentity),
  'vm repl': async () => runnable((await import('./vm-repl.ts')).vmRepl),
  'vm verify': async () => runnable((await import('./vm-verify.ts')).vmVerify),
  verify: async () => runnable((await import('./verify.ts')).verify),
  why: async () => runnable((await import('./why.ts')).why),
}
