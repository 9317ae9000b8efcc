// npm run check: everything that can be said of the code without running it.
import { runSteps } from './run.ts'

runSteps([
  ['types', 'tsc', '--project', '.'],
  ['format and declared dependencies', 'biome', 'check', '.'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['layers', 'node', 'scripts/layers.ts'],
  ['words', 'node', 'scripts/words.ts'],
  ['public faces', 'node', 'scripts/public-faces.ts'],
  ['dead code', 'knip'],
])
