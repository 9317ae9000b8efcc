// GETs of upstreams, over connections that are kept open. Redirects are followed; what hangs is given up.
import http from 'node:http'
import https from 'node:https'
import type { Answer, Get } from '@stele/upstream'
import { answerTimeoutMs, idleTimeoutMs, maxRedirects, maxUpstreamSockets } from './limits.ts'

/** The network, for upstreams. `close` ends what is open. */
export function createGet(): { readonly get: Get; readonly close: () => void } {
  const options = { keepAlive: true, maxSockets: maxUpstreamSockets }
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) }

  function send(
    url: URL,
    headers: { readonly [name: string]: string },
    body?: Uint8Array,
  ): Promise<http.IncomingMessage> {
    const isHttps = url.protocol === 'https:'
    return new Promise((resolve, reject) => {
      const asked = (isHttps ? https : http).request(
        url,
        {
          agent: isHttps ? agents['https:'] : agents['http:'],
          method: body === undefined ? 'GET' : 'POST',
          headers: {
            'user-agent': 'stele',
            ...headers,
            ...(body === undefined ? {} : { 'content-length': body.length }),
          },
          timeout: idleTimeoutMs,
        },
        (response) => {
          clearTimeout(timer)
          resolve(response)
        },
      )
      const timer = setTimeout(
        () => asked.destroy(new Error(`no answer came within ${answerTimeoutMs / 1000} seconds`)),
        answerTimeoutMs,
      )
      asked
        .on('timeout', () => asked.destroy(new Error('the connection fell silent')))
        .on('error', (error) => {
          clearTimeout(timer)
          reject(error)
        })
        .end(body)
    })
  }

  return {
    get: async ({ url, headers, body }) => {
      let at = new URL(url)
      if (body !== undefined) return answerOf(await send(at, headers, body))
      for (let hops = 0; hops <= maxRedirects; hops++) {
        const response = await send(at, hops === 0 ? headers : withoutSecrets(headers, url, at))
        const location = redirectOf(response)
        if (location === undefined) return answerOf(response)
        response.destroy()
        at = new URL(location, at)
        if (at.protocol !== 'http:' && at.protocol !== 'https:') break
      }
      throw new Error('it redirects too often, or to no web address')
    },
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

/** What was meant for one host is not shown to another. */
function withoutSecrets(
  headers: { readonly [name: string]: string },
  from: string,
  to: URL,
): { readonly [name: string]: string } {
  if (new URL(from).origin === to.origin) return headers
  const { authorization: _, ...rest } = headers
  return rest
}

function redirectOf({ statusCode = 0, headers }: http.IncomingMessage): string | undefined {
  return [301, 302, 303, 307, 308].includes(statusCode) ? headers.location : undefined
}

function answerOf(response: http.IncomingMessage): Answer {
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
  )
  return {
    status: response.statusCode ?? 0,
    headers,
    body: bodyOf(response),
    cancel: () => void response.destroy(),
  }
}

/** The body; one that is cut off ends with an error, whatever its framing says. */
async function* bodyOf(response: http.IncomingMessage): AsyncIterable<Uint8Array> {
  for await (const chunk of response) yield chunk
  if (!response.complete) throw new Error('the answer was cut off')
}
