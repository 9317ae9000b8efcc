// The commands by name, each loaded only when it is asked for.
import { type RunnableCommand, runnable } from './command.ts'

/** Every command. */
export const commands: { readonly [name: string]: () => Promise<RunnableCommand> } = {
  admin: async () => runnable((await import('./admin.ts')).admin),
  amend: async () => runnable((await import('./amend.ts')).amend),
  clone: async () => runnable((await import('./clone.ts')).clone),
  help: async () => runnable((await import('./help.ts')).createHelp(commands)),
  install: async () => runnable((await import('./install.ts')).installCommand),
  reserve: async () => runnable((await import('./reserve.ts')).reserve),
  rules: async () => runnable((await import('./rules.ts')).rules),
  serve: async () => runnable((await import('./serve.ts')).serve),
  'store path': async () => runnable((await import('./store.ts')).storePath),
  'store prune': async () => runnable((await import('./store.ts')).storePrune),
  'store verify': async () => runnable((await import('./store.ts')).storeVerify),
  takedown: async () => runnable((await import('./takedown.ts')).takedown),
  user: async () => runnable((await import('./user.ts')).user),
  'vm exec': async () => runnable((await import('./vm-exec.ts')).vmExec),
  'vm identity': async () => runnable((await import('./vm-identity.ts')).vmIdentity),
  'vm repl': async () => runnable((await import('./vm-repl.ts')).vmRepl),
  'vm verify': async () => runnable((await import('./vm-verify.ts')).vmVerify),
  verify: async () => runnable((await import('./verify.ts')).verify),
}
