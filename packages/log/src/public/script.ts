// The public face of @stele/log/script: what a script asks of the world outside.
export type { AskOutside } from '../ports.ts'
