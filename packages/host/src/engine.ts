// The identity of this engine, as a genesis entry names it.
import { canonicalJson } from '@stele/formats'
import { pins } from './pins.ts'

/** Version of the host calls that scripts may rely on. */
const hostVersion = 1

/**
 * This engine. `blob` is the canonical JSON `{"host", "parts"}` whose SHA-512 a genesis or config entry names as `engine`;
 * `parts` holds the hex SHA-512 of each file that decides results. Spec: state.md, "Leaf".
 */
export const engine: { readonly blob: string } = {
  blob: canonicalJson({ host: hostVersion, parts: pins }),
}
