// Which coding and which type the client wants. Nonsense in these headers is ignored, never an error (npm-wire H4).
import { maxListMembers } from './limits.ts'

/** A content coding that we send. */
export type Coding = 'identity' | 'gzip'

/** The coding to send by Accept-Encoding: gzip where it is wanted at least as much as identity. */
export function chooseCoding(header: string | undefined): Coding {
  if (header === undefined) return 'identity'
  const weights = new Map<string, number>()
  for (const member of header.split(',', maxListMembers)) {
    const [, name, weight] = codingForm.exec(member) ?? []
    if (name !== undefined) weights.set(name.toLowerCase(), Number(weight ?? '1'))
  }
  const other = weights.get('*')
  const gzip = weights.get('gzip') ?? weights.get('x-gzip') ?? other ?? 0
  // Identity is always acceptable unless refused, and never better than what was named.
  const identity = weights.get('identity') ?? 0
  return gzip > 0 && gzip >= identity ? 'gzip' : 'identity'
}

const codingForm =
  /^[ \t]*([A-Za-z0-9*_-]+)[ \t]*(?:;[ \t]*[qQ]=(1(?:\.0{0,3})?|0(?:\.\d{0,3})?)[ \t]*)?$/

/** True when Accept names this media type first, as browsers name text/html; package managers and curl never do. */
export function wantsFirst(accept: string | undefined, type: string): boolean {
  return accept?.split(/[,;]/, 1)[0]?.trim().toLowerCase() === type
}
