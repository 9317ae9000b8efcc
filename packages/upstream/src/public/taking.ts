// The public face of @stele/upstream/taking: what may run on another thread.

export { bytesToRead } from '../coded.ts'
export { largePackumentBytes } from '../limits.ts'
export { type Differing, type Taken, type Taking, takeIn } from '../take-in.ts'
