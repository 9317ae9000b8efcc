// The public face of @stele/install/moves.
export { isReallyIn, removeLink, writeAnew } from '../moves.ts'
