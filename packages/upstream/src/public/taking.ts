// The public face of @stele/upstream/taking: what may run on another thread.
export { type Differing, type Taken, type Taking, takeIn } from '../take-in.ts'
