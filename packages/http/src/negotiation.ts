// Which coding and which type the client wants. Nonsense in these headers is ignored, never an error (npm-wire H4).
import { maxListMembers } from './limits.ts'

/** A content coding that we send. */
export type Coding = 'identity' | 'gzip' | 'zstd' | 'br'

/**
 * The coding to send by Accept-Encoding, of those that are offered: the one that is wanted most, at least as much as
 * identity. Of those that are wanted alike it is the one that is offered first.
 */
export function chooseCoding(
  header: string | undefined,
  offered: readonly Exclude<Coding, 'identity'>[] = ['gzip'],
): Coding {
  if (header === undefined) return 'identity'
  const weights = new Map<string, number>()
  for (const member of header.split(',', maxListMembers)) {
    const [, name, weight] = codingForm.exec(member) ?? []
    if (name !== undefined) weights.set(name.toLowerCase(), Number(weight ?? '1'))
  }
  // What is not named gets what everybody can read.
  const gzip = weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*')
  const weightOf = (coding: Coding): number => (coding === 'gzip' ? gzip : weights.get(coding)) ?? 0
  // Identity is always acceptable unless refused, and never better than what was named.
  let [best, least]: [Coding, number] = ['identity', weightOf('identity')]
  for (const coding of offered) {
    const weight = weightOf(coding)
    const isBetter = best === 'identity' ? weight >= least : weight > least
    if (weight > 0 && isBetter) [best, least] = [coding, weight]
  }
  return best
}

const codingForm =
  /^[ \t]*([A-Za-z0-9*_-]+)[ \t]*(?:;[ \t]*[qQ]=(1(?:\.0{0,3})?|0(?:\.\d{0,3})?)[ \t]*)?$/

/** True when Accept names this media type first, as browsers name text/html; package managers and curl never do. */
export function wantsFirst(accept: string | undefined, type: string): boolean {
  return accept?.split(/[,;]/, 1)[0]?.trim().toLowerCase() === type
}
