// What npm's clients do at every address: scopes in paths, tokens in paths, a header that says what they are doing.
import type { Face } from '@stele/http/routes'

/** The habits of npm, pnpm, yarn and bun. */
export const npmHabits: Pick<Face, 'foldPath' | 'hideSecrets' | 'noteHeaders' | 'showsOnlyStatus'> =
  {
    foldPath: foldScopes,
    hideSecrets: hideTokens,
    noteHeaders: { 'npm-command': 'command' }, // npm-wire H3
    showsOnlyStatus: (agent) => /^pnpm\/(?:9|1[01])\./.test(agent),
  }

/** `/@scope/name` as `/@scope%2Fname`, one segment, wherever it stands in the path (npm-wire U1). */
export function foldScopes(path: string): string {
  return path.replace(/\/((?:@|%40)(?:(?!%2f)[^/])*)\/(?=[^/])/gi, '/$1%2F')
}

/** Tokens are revoked at an address that holds them, ours or not (npm-wire A4). */
function hideTokens(path: string): string {
  return path.replaceAll(/(\/-\/(?:user\/token|npm\/v1\/tokens\/token)\/)[^/?#]+/gi, '$1***')
}
