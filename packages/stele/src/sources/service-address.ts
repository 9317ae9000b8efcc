// The address of a service, as people type it.
import { SteleError } from '@stele/errors'

/**
 * The address of a service as people type it: `localhost:5555`, `example.com/list`, or with a scheme. This machine is asked
 * without TLS, others with it. `user` is who calls, `command` what it was typed after. Throws `usage_wrong`.
 */
export function wsAddress(
  typed: string,
  {
    user,
    command,
  }: { readonly user?: string | undefined; readonly command?: string | undefined } = {},
): URL {
  const scheme = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/]|$)/i.test(typed) ? 'ws' : 'wss'
  const full = /^[a-z]+:\/\//i.test(typed) ? typed : `${scheme}://${typed}`
  const url = URL.parse(full.replace(/^http(?=s?:\/\/)/i, 'ws'))
  if (url === null || !/^wss?:$/.test(url.protocol)) {
    const reason = `"${typed}" is not the address of a service, which looks like localhost:5555`
    throw new SteleError('usage_wrong', { reason, ...(command === undefined ? {} : { command }) })
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  if (user !== undefined) url.searchParams.set('user', user)
  return url
}
