// Memory of a program that handles many small things one after the other.
import { setFlagsFromString } from 'node:v8'

/** From now on V8 lets no more garbage gather than it does now, instead of 48 MB: it is swept more often, which costs nothing that shows. */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
