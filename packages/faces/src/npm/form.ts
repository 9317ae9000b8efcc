// Which form of a packument the client wants. Nonsense in Accept is ignored, never an error (npm-wire H4).
import { abbreviatedType } from '@stele/formats/manifest'

/** The form of a packument by Accept: abbreviated where its type is named at all (npm-wire P1). */
export function chooseForm(accept: string | undefined): 'full' | 'abbreviated' {
  return accept?.includes(abbreviatedType) === true ? 'abbreviated' : 'full'
}
